// ---- What each op computes, in words: `in` names the inputs, `y` is the output, `d` the gradients. g is the output's.

const elementwise = (y, d) =>
  ({in: ["a", "b"], y, d, isElementwise: true, note: "summed over the axes along which an input was repeated"});
const unary = (y, d) => ({in: ["x"], y, d: [d]});
const part = unary("a part of x", "g in that part, 0 elsewhere");
const reshaped = unary("the numbers of x in another shape", "g in the shape of x");
const meanOfWindow = unary("the mean of each window", "g, spread evenly over its window");
const picked = unary("the elements of x at the places of the index", "g, added at those places, 0 elsewhere");
const added = {in: ["x", "v"], y: "x, with v added at the places of the index", d: ["g", "g at those places"]};
const written = {
  in: ["x", "v"],
  y: "x, with v at the places of the index",
  d: ["g, but 0 at those places", "g at those places"],
};
const repeated = unary("x, repeated", "g, summed over the copies");
const linear = {in: ["x", "w", "b"], y: "x wᵀ + b", d: ["g w", "gᵀ x", "g, summed over the rows"]};
const pixels = "g, summed over images and pixels";
const conv = {
  in: ["x", "w", "b"],
  y: "x ⋆ w + b: each window of x times the filter, summed",
  d: [
    "conv_transpose(g, w): each g times the filter, added to its window",
    "x ⋆ g: each window of x, weighted by its g",
    pixels,
  ],
};

const recurrent = (h, inputs = ["x", "h", "W", "U"]) => ({
  in: [...inputs, "b", "b′"],
  y: `h ← ${h}, step after step`,
  d: inputs.map((name) => `what arrives at ${name}, step by step from the last to the first`),
});
const normalised = (y, statistics) => ({
  in: ["x", "γ", "β"],
  y: `γ · x̂ + β, where x̂ = ${y}`,
  d: [`γ / deviation · (${statistics})`, "g · x̂, summed over what shares γ", "g, summed over what shares β"],
});
const centred = normalised("(x − mean) / deviation", "g − mean(g) − x̂ · mean(g · x̂)");

const rules = {
  add: elementwise("a + b", ["g", "g"]),
  sub: elementwise("a − b", ["g", "−g"]),
  mul: elementwise("a · b", ["g · b", "g · a"]),
  div: elementwise("a / b", ["g / b", "−g · a / b²"]),
  maximum: elementwise("the larger of a and b", ["g where a is larger", "g where b is larger"]),
  minimum: elementwise("the smaller of a and b", ["g where a is smaller", "g where b is smaller"]),
  where: elementwise("a where the condition holds, else b", ["g where the condition holds", "g elsewhere"]),
  pow: elementwise("a to a power b", ["g · b · a to the power b − 1", "g · y · ln a"]),
  atan2: elementwise("the angle of the point (b, a)", ["g · b / (a² + b²)", "−g · a / (a² + b²)"]),
  hypot: elementwise("√(a² + b²)", ["g · a / y", "g · b / y"]),
  fmod: elementwise("a − b · trunc(a / b)", ["g", "−g · trunc(a / b)"]),
  remainder: elementwise("a − b · floor(a / b)", ["g", "−g · floor(a / b)"]),
  clamp: unary("x between two bounds", "g where x is between them, else 0"),
  neg: unary("−x", "−g"),
  abs: unary("|x|", "g · sign(x)"),
  square: unary("x²", "g · 2x"),
  exp: unary("eˣ", "g · y"),
  exp2: unary("2ˣ", "g · y · ln 2"),
  expm1: unary("eˣ − 1", "g · (y + 1)"),
  log: unary("ln x", "g / x"),
  log2: unary("log₂ x", "g / (x · ln 2)"),
  log10: unary("log₁₀ x", "g / (x · ln 10)"),
  log1p: unary("ln(1 + x)", "g / (1 + x)"),
  sqrt: unary("√x", "g / 2y"),
  rsqrt: unary("1 / √x", "−g · y³ / 2"),
  reciprocal: unary("1 / x", "−g · y²"),
  sin: unary("sin x", "g · cos x"),
  cos: unary("cos x", "−g · sin x"),
  tan: unary("tan x", "g · (1 + y²)"),
  asin: unary("arcsin x", "g / √(1 − x²)"),
  acos: unary("arccos x", "−g / √(1 − x²)"),
  atan: unary("arctan x", "g / (1 + x²)"),
  sinh: unary("sinh x", "g · cosh x"),
  cosh: unary("cosh x", "g · sinh x"),
  asinh: unary("arsinh x", "g / √(x² + 1)"),
  acosh: unary("arcosh x", "g / √(x² − 1)"),
  atanh: unary("artanh x", "g / (1 − x²)"),
  erf: unary("erf x", "g · 2 / √π · e to the power −x²"),
  erfc: unary("1 − erf x", "−g · 2 / √π · e to the power −x²"),
  sign: unary("−1, 0 or 1: the sign of x", "0"),
  floor: unary("x, rounded down", "0"),
  ceil: unary("x, rounded up", "0"),
  round: unary("x, rounded", "0"),
  trunc: unary("x without its fraction", "0"),
  frac: unary("the fraction of x", "g"),
  to: unary("x in another dtype", "g in the dtype of x"),

  relu: unary("max(x, 0)", "g where y > 0, else 0"),
  leaky_relu: unary("x where x > 0, else slope · x", "g where x > 0, else slope · g"),
  sigmoid: unary("1 / (1 + e⁻ˣ)", "g · y · (1 − y)"),
  tanh: unary("tanh x", "g · (1 − y²)"),
  gelu: unary("x · Φ(x)", "g · (Φ(x) + x · φ(x))"),
  softplus: unary("ln(1 + eˣ)", "g · sigmoid(x)"),
  softmax: unary("eˣ / Σ eˣ", "y · (g − Σ g · y)"),
  log_softmax: unary("x − ln Σ eˣ", "g − eʸ · Σ g"),
  hardtanh: unary("x, cut off at its bounds", "g within the bounds, else 0"),
  dropout: unary("x · mask / (1 − p)", "g · mask / (1 − p)"),
  cross_entropy: unary("−ln softmax(x)[label], the mean over the batch", "(softmax(x) − one-hot label) · g / N"),

  scaled_dot_product_attention: {
    in: ["q", "k", "v", "mask"],
    y: "softmax(q kᵀ · scale + mask) v",
    d: ["dS k · scale", "dSᵀ q · scale", "Pᵀ g", "dS"],
    note: "P is the softmax, dS = P · (g vᵀ − Σ g vᵀ · P) the gradient for what it is taken of",
  },
  rnn_tanh: recurrent("tanh(W x + U h + b)"),
  rnn_relu: recurrent("max(W x + U h + b, 0)"),
  lstm: recurrent("o · tanh(c), where c ← f · c + i · z", ["x", "h", "W", "U", "c"]),
  gru: recurrent("(1 − z) · n + z · h"),

  matmul: {in: ["a", "b"], y: "a b", d: ["g bᵀ", "aᵀ g"]},
  linear,
  conv2d: conv,
  conv_transpose2d: {
    in: ["x", "w", "b"],
    y: "each x times the filter, added to its window, + b",
    d: ["g ⋆ w: a convolution", "g ⋆ x: each window of g, weighted by its x", pixels],
  },
  conv2d_weight_grad: {
    in: ["x", "u"],
    y: "each window of x, weighted by its u",
    d: ["conv_transpose(u, g)", "x ⋆ g: a convolution"],
  },
  max_pool2d: unary("the largest pixel of each window", "g goes to the pixel that was the largest; 0 elsewhere"),
  avg_pool1d: meanOfWindow,
  avg_pool2d: meanOfWindow,
  adaptive_avg_pool1d: meanOfWindow,
  adaptive_avg_pool2d: meanOfWindow,
  unfold: unary("the windows of x, each a column", "fold(g): columns added where they were read"),
  fold: unary("the columns x, added where windows read", "unfold(g): the windows of g"),
  interpolate: unary("x at other places, each a mean of its neighbours", "g, shared out by the same weights"),
  pad: unary("x with a border", "g without the border; what the border repeated is added"),
  batch_norm: centred,
  layer_norm: centred,
  group_norm: centred,
  instance_norm: centred,
  rms_norm: normalised("x / √(mean(x²))", "g − x̂ · mean(g · x̂)"),
  channel_affine: {
    in: ["x", "scale", "shift"],
    y: "x · scale + shift, channel by channel",
    d: ["g · scale", "g · x, summed over images and pixels", pixels],
  },

  reshape: reshaped,
  flatten: reshaped,
  squeeze: reshaped,
  unsqueeze: reshaped,
  transpose: unary("x with two axes swapped", "g with them swapped back"),
  permute: unary("x with its axes in another order", "g with the axes in the old order"),
  expand: repeated,
  repeat: repeated,
  repeat_interleave: repeated,
  flip: unary("x back to front", "g back to front"),
  roll: unary("x, moved along its axes in a circle", "g, moved back"),
  triu: unary("x, with 0 below a diagonal", "g, with 0 below it"),
  tril: unary("x, with 0 above a diagonal", "g, with 0 above it"),
  diagonal: unary("a diagonal of x", "g on that diagonal, 0 beside it"),
  on_diagonal: unary("x on a diagonal, 0 beside it", "the diagonal of g"),
  index: picked,
  index_select: picked,
  gather: picked,
  index_put: {
    in: ["x", "v"],
    y: "x, with v at the places of the index, or added there",
    d: ["g, but 0 where v was written over x", "g at those places"],
  },
  index_copy: written,
  scatter: written,
  index_add: added,
  scatter_add: added,
  sum_to: unary("x, summed to a shape", "g, copied to every term"),
  narrow: part,
  slice: part,
  select: part,
  concatenate: {in: [], y: "the inputs, one behind the other", d: [], note: "each input gets its part of g"},
  sum: unary("Σ x", "g, copied to every term"),
  mean: unary("Σ x / n", "g / n, copied to every term"),
  var: unary("Σ (x − mean)² / (n − 1)", "g · 2 (x − mean) / (n − 1)"),
  prod: unary("Π x", "g · the product of the others"),
  stddev: unary("√variance", "g · (x − mean) / (y · (n − 1))"),
  norm: unary("(Σ |x|ᵖ)¹ᐟᵖ", "g · sign(x) · (|x| / y) to the power p − 1"),
  logsumexp: unary("ln Σ eˣ", "g · softmax(x)"),
  cumsum: unary("running totals of x", "running totals of g from the other end"),
  cumprod: unary("running products of x", "each y's g, times the product of its other factors, summed"),
  max: unary("the largest x", "g to the largest; equals share it"),
  min: unary("the smallest x", "g to the smallest; equals share it"),
};

/** The rule of an entry; of one that does an activation or a pooling on its way out, its op's and a note. */
function ruleOf(entry) {
  if (Object.hasOwn(rules, entry.op)) return rules[entry.op];
  const [, base, behind] = /^(.*?)_((?:relu_)?max_pool2d|relu)$/.exec(entry.op) ?? [];
  if (base === undefined || !Object.hasOwn(rules, base)) return null;
  const then = behind.replace("_", " and ").replace("max and pool2d", "max_pool2d");
  return {...rules[base], note: `then ${then}; g goes back through that first`};
}
