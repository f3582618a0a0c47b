"""The pages of the site: the repository's Markdown under its own paths, so that links between
pages need no change, and each file that a page links to."""

import re
import subprocess
from pathlib import Path
from posixpath import dirname, join, normpath

from mkdocs.structure.files import File, Files

LINK = re.compile(r"\]\(([^)#\s]+)")
# What a browser shows as it is. Of others the site has a copy that ends in `.txt`, because a browser
# would download them.
SHOWN = {".md", ".html", ".json", ".png", ".svg", ".txt"}


def on_files(files, config):
    root = Path(config.config_file_path).parent
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md", ":!tests"]
    pages = subprocess.run(listed, cwd=root, check=True, capture_output=True, text=True).stdout.split()
    paths = dict.fromkeys(pages)
    for page in pages:
        prose = "".join((root / page).read_text(encoding="utf-8").split("```")[::2])
        targets = (normpath(join(dirname(page), link)) for link in LINK.findall(prose))
        paths.update(dict.fromkeys(target for target in targets if (root / target).is_file()))
    theme = [file for file in files if file.src_dir != config.docs_dir]
    return Files(theme + [site_file(config, root, path) for path in paths])


def site_file(config, root, path):
    file = File.generated(config, path, abs_src_path=str(root / path))
    if Path(path).suffix not in SHOWN:
        file.dest_uri = path + ".txt"
    return file
