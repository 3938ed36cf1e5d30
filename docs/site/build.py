#!/usr/bin/env python3
"""Builds the documentation site with Doxygen, from the top of the tree. Usage: docs/site/build.py [--check] [FOLDER].

First it reads the public headers, and fails where something in them has no documentation or a reference leads nowhere;
with --check that is all. Then it makes the site in FOLDER (build/docs), and fails where one of its links is dead.
"""

import html
import os
import re
import shutil
import subprocess
import sys
import urllib.parse
from pathlib import Path

SITE = Path("docs/site")
FOLDERS = {"core": "Core", "core/io": "Files", "core/kernels": "Functions of tensors", "autograd": "Autograd",
           "autograd/ops": "Ops", "nn": "Layers", "optim": "Optimizers", "data": "Data", "training": "Training"}
NAMESPACES = {"reel": "Tensors, the tape, and the ops on both.", "reel::nn": "Layers and models.",
              "reel::nn::init": "Initial weights.", "reel::optim": "Optimizers and schedules.",
              "reel::data": "Datasets, images and the loader.", "reel::io": "Tensors in files.",
              "reel::training": "What a training loop wants beside all that.",
              "reel::training::events": "The bytes of TensorBoard's files."}
# In reading order; what is not named comes behind, by name.
GUIDES = ["tensor", "autograd", "conv", "extending", "training", "data", "watching", "files", "onnx", "performance",
          "determinism", "errors", "from_pytorch", "recipes", "demo"]


def public_headers():
    """All that reel.h and the optional component reach, reel.h itself aside."""
    found, todo = set(), ["reel.h", *map(str, Path("nn/onnx").glob("*port.h"))]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += re.findall(r"#include <reel/([^>]+)>", Path(name).read_text())
    return sorted(found - {"reel.h"})


def is_hidden(header):
    """Whether all of it is in namespaces that are none of a user's business."""
    return re.search(r"^namespace reel::(detail|kernels)\b", Path(header).read_text(), re.MULTILINE)


def guides():
    names = [path.stem for path in Path("docs").glob("*.md") if path.stem != "start_here"]
    place = {name: i for i, name in enumerate(GUIDES)}
    return [f"docs/{name}.md" for name in sorted(names, key=lambda name: (place.get(name, len(place)), name))]


def examples():
    return sorted(map(str, Path("docs/examples").glob("*.md")), key=lambda path: (not path.endswith("README.md"), path))


def page_id(path):
    """Doxygen's name for the page of a Markdown file."""
    return "md_" + re.sub(r"\W", "_", str(Path(path).with_suffix("")))


def doxygen(folder, settings, topics):
    """Runs Doxygen, and returns its complaints."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "warnings.log"
    lines = [(SITE / "Doxyfile").read_text(), f"OUTPUT_DIRECTORY = {folder}", f"WARN_LOGFILE = {log}"]
    lines += [f"{name} = {value}" for name, value in settings.items()]
    environment = {**os.environ, "REEL_PUBLIC_HEADERS": " ".join(public_headers())}
    if topics:
        environment["REEL_TOPICS"] = "1"
    subprocess.run(["doxygen", "-"], input="\n".join(lines), text=True, check=True, env=environment)
    complaints = []
    for line in log.read_text().splitlines():
        if line.strip() and line not in complaints:
            complaints.append(line.replace(f"{os.getcwd()}/", ""))
    return complaints


def write_namespaces(path):
    """A word on each namespace: Doxygen looks for gaps only in those that have one."""
    names = {name for header in public_headers()
             for name in re.findall(r"^namespace ([\w:]+) \{", Path(header).read_text(), re.MULTILINE)}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"/** @namespace {name}\n{NAMESPACES.get(name, 'Reel.')} */\n" for name in sorted(names)))
    return str(path)


def check(folder):
    """Doxygen doesn't look for gaps within topics, so the check goes without."""
    settings = {"INPUT": " ".join([write_namespaces(folder / "namespaces.dox"), *public_headers()]),
                "GENERATE_HTML": "NO", "GENERATE_XML": "YES",
                "XML_PROGRAMLISTING": "NO", "SOURCE_BROWSER": "NO"}
    complaints = doxygen(folder / "check", settings, topics=False)
    shutil.rmtree(folder / "check")
    return complaints


def write_layout(path):
    def tabs(pages):
        for page in pages:
            title = "README" if page == "README.md" else re.match(r"# ([^:\n]*)", Path(page).read_text())[1]
            yield f'<tab type="user" url="@ref {page_id(page)}" title="{html.escape(title.replace("`", ""))}"/>'

    def group(title, pages):
        return [f'<tab type="usergroup" title="{title}">', *tabs(pages), "</tab>"] if pages else []

    path.write_text("\n".join([
        '<doxygenlayout version="1.0"><navindex>', '<tab type="mainpage" title="Start here"/>',
        *group("Guides", guides() + ["README.md"]), *group("Examples", examples()),
        '<tab type="modules" title="API by header"/>', '<tab type="classlist" title="Classes"/>',
        '<tab type="filelist" title="Sources"/>', "</navindex></doxygenlayout>"]))


def write_topics(path):
    """The folders, as topics above those of the headers; and all sources, so that they are listed."""
    lines = []
    for folder, title in FOLDERS.items():
        name = "folder_" + folder.replace("/", "_")
        parent = f"\n@ingroup folder_{folder.split('/')[0]}" if "/" in folder else ""
        lines.append(f"/** @defgroup {name} {title}{parent} */")
        for header in public_headers():
            if str(Path(header).parent) == folder and not is_hidden(header):
                topic = "topic_" + re.sub(r"\W", "_", str(Path(header).with_suffix("")))
                lines.append(f"/** @addtogroup {topic}\n@ingroup {name}\n@details `#include <reel/{header}>` */")
    lines += [f"/** @file {Path(source).resolve()} */" for source in sources()
              if not any(other.endswith(f"/{source}") for other in sources())]  # Doxygen can't tell those apart
    path.write_text("\n".join(lines) + "\n")


def sources():
    folders = [folder for folder in FOLDERS if "/" not in folder]
    return sorted(str(path) for folder in folders + ["examples", "tests", "bench"] for path in Path(folder).rglob("*")
                  if path.suffix in (".h", ".cpp"))


def build(folder):
    site = folder / "html"
    shutil.rmtree(site, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    write_layout(folder / "layout.xml")
    write_topics(folder / "topics.dox")
    pages = ["docs/start_here.md", *guides(), *examples(), "README.md"]
    settings = {"INPUT": " ".join([str(folder / "topics.dox"), write_namespaces(folder / "namespaces.dox"), *pages, "reel.h", *sources()]),
                "LAYOUT_FILE": folder / "layout.xml", "USE_MDFILE_AS_MAINPAGE": "docs/start_here.md",
                "GENERATE_TAGFILE": folder / "site.tag"}
    complaints = doxygen(folder, settings, topics=True)
    with open(site / "search/search.css", "a") as sheet:
        sheet.write((SITE / "search.css").read_text())
    for path in site.glob("*.html"):  # a list of the sections of a page, some of which are not there
        text = re.sub(r'<div class="summary">.*?</div>', "", path.read_text(), flags=re.DOTALL)
        path.write_text(re.sub(r'(#include &lt;<a [^>]*>)(?=\w)', r"\1reel/", text) if path.name[:5] in ("class", "struc") else text)
    link_sources(site, pages, source_pages(folder / "site.tag"))
    return complaints + dead_links(site)


def source_pages(tagfile):
    """Path of a source or folder -> its page on the site."""
    text = tagfile.read_text()
    files = re.findall(r'<compound kind="file">\s*<name>([^<]*)</name>\s*<path>([^<]*)</path>\s*<filename>([^<]*)<', text)
    pages = {os.path.relpath(Path(path) / name): page.removesuffix(".html") + "_source.html" for name, path, page in files}
    for path in (tagfile.parent / "html").glob("dir_*.html"):
        pages["/".join(re.findall(r'navelem"><a class="el" href="dir_\w+\.html">(.*?)</a>', path.read_text()))] = path.name
    return pages


def link_sources(site, pages, copies):
    """Pages link to sources by their place in the tree; on the site they lead to its copies of them."""
    for page in pages:
        path = site / ("index.html" if page == "docs/start_here.md" else page_id(page) + ".html")

        def moved(link, page=page):
            target, _, line = html.unescape(link[1]).partition("#")
            place = os.path.normpath(Path(page).parent / target)
            if re.match(r"\w+:", target) or not target or not Path(place).exists() or (site / target).exists():
                return link[0]
            if place in copies:
                anchor = f"#l{int(line[1:]):05}" if re.fullmatch(r"L\d+", line) else ""
                return f'href="{copies[place]}{anchor}"'
            if place.endswith(".md"):
                return f'href="{"index" if place == "docs/start_here.md" else page_id(place)}.html"'
            if Path(place).is_dir():
                return link[0]
            copy = site / "tree" / place
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(place, copy.with_name(copy.name + ".txt"))
            return f'href="tree/{place}.txt"'

        path.write_text(re.sub(r'href="([^"]*)"', moved, path.read_text()))


def dead_links(site):
    dead, anchors = [], {}
    for path in sorted(site.glob("*.html")):
        text = path.read_text()
        for link in set(re.findall(r'<(?:a|img|object)\b[^>]*(?:href|src|data)="([^"]*)"', text)):
            target, _, anchor = urllib.parse.unquote(html.unescape(link)).partition("#")
            if re.match(r"\w+:", target):
                continue
            file = site / target if target else path
            if file not in anchors:
                anchors[file] = set(re.findall(r'(?:id|name)="([^"]*)"', file.read_text())) if file.suffix == ".html" and \
                    file.is_file() else (set() if file.is_file() else None)
            if anchors[file] is None or (anchor and file.suffix == ".html" and anchor not in anchors[file]):
                dead.append(f"{path.name}: the link to {link} is dead")
    return dead


def main():
    os.chdir(Path(__file__).resolve().parents[2])
    arguments = [argument for argument in sys.argv[1:] if argument != "--check"]
    folder = Path(arguments[0] if arguments else "build/docs")
    complaints = check(folder)
    if not complaints and "--check" not in sys.argv[1:]:
        complaints = build(folder)
    for line in complaints:
        print(line)
    if complaints:
        return 1
    print("all is documented" if "--check" in sys.argv[1:] else (folder / "html/index.html").resolve())
    return 0


if __name__ == "__main__":
    sys.exit(main())
