"""CircuitsVis without its CDN: a view's script travels in the notebook, packed, and a page unpacks it once.

CircuitsVis's own objects ask the network where to load their script from, and put 1.3 MB into every view
when it does not answer. Here a view carries the script as gzip in base64, 0.5 MB, and the first view on a
page unpacks it for all.
"""

import base64
import gzip
import json
from functools import cache
from importlib.resources import files
from typing import Any

from utils.pictures._picture import Picture

SCRIPT = ("dist", "cdn", "iife.js")
"""Where the circuitsvis package keeps the script that defines the global `CircuitsVis`."""

# The card is white in the dark theme too: the view's own letters are dark, and it cannot be told otherwise.
# A head's name stands above its small picture, on white: on it, it would hide what there is to see.
VIEW = """<div class="course-view">
<style>
.course-view {background:#fff; color:#222; border-radius:6px; padding:10px 16px; max-width:720px}
.course-view {--jp-content-font-color0:#222; --jp-content-font-color1:#222}
.course-view h2 {font-size:15px !important; text-shadow:0 0 3px #000}
.course-view h3 {font-size:14px !important; color:#222}
.course-view h4 {font-size:11px !important; color:#222 !important; background:none !important}
.course-view h4 {position:static !important} .course-view .legend {color:#555; margin:0 0 8px 0}
</style>
<div class="legend">Rows are queries (“destination”), columns are keys (“source”).</div>
<div style="padding:0 MARGIN">The view is drawn by a script. If it stays away, trust the notebook or run the
cell again.</div>
</div>
<script>
(async (home) => {
  window.courseCircuitsVis ??= (async () => {
    const packed = Uint8Array.from(atob("PACKED"), (letter) => letter.charCodeAt(0));
    const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Function((await new Response(unpacked).text()) + "; return CircuitsVis;")();
  })();
  const CircuitsVis = await window.courseCircuitsVis;
  // A notebook takes cells that are out of sight off the page, and CircuitsVis finds its place by name.
  while (!home.isConnected) await new Promise((done) => setTimeout(done, 200));
  home.id = "course-view-" + crypto.getRandomValues(new Uint32Array(2)).join("-");
  CircuitsVis.render(home.id, CircuitsVis.ELEMENT, PROPERTIES);
})(document.currentScript.previousElementSibling.lastElementChild);
</script>"""


def circuitsvis(element: str, properties: dict[str, Any], in_words: str, margin: str = "0") -> Picture:
    """A CircuitsVis view that needs no network.

    Args:
        element: The view's name in the script, as in "AttentionHeads".
        properties: What the view shows, as JSON can say it.
        margin: Room left and right of a view that has no container of its own, and would stand out.
    """
    # In a script, "</script>" would end it, wherever it stands.
    content = json.dumps(properties).replace("<", "\\u003c")
    html = VIEW.replace("MARGIN", margin).replace("ELEMENT", element)
    html = html.replace("PACKED", _packed_script()).replace("PROPERTIES", content)
    return Picture(in_words, {"text/html": html})


@cache
def _packed_script() -> str:
    script = files("circuitsvis").joinpath(*SCRIPT).read_bytes()
    return base64.b64encode(gzip.compress(script, 9, mtime=0)).decode("ascii")
