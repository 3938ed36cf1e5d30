"use strict";
// What Reel's pages have in common.

const byId = id => document.getElementById(id);
/** What the program put into a script element, as JSON. */
const dataOf = id => JSON.parse(byId(id).textContent);
function make(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children.filter(child => child !== null && child !== ""));
  return node;
}
function drawn(tag, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
function number(x, digits = 4) {
  if (typeof x === "string") return x.replace("-", "−").replace("inf", "∞");
  const size = Math.abs(x);
  const isFar = x !== 0 && (size >= 1e5 || size < 1e-3);
  const text = isFar ? x.toExponential(digits - 2) : String(Number(x.toPrecision(digits)));
  return text.replace("e+", "e").replaceAll("-", "−");
}
function bytes(n) {
  if (n < 1e3) return `${n} bytes`;
  return n < 1e6 ? `${(n / 1e3).toPrecision(3)} kB` : `${(n / 1e6).toPrecision(3)} MB`;
}
const count = (n, one, many = `${one}s`) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
