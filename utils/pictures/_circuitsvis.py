"""CircuitsVis without its CDN: the notebook carries the compressed script, and a page decompresses it once.

CircuitsVis's own objects load their script from the network, and put 1.3 MB into every view if that fails.
Here a view holds the script as gzip in base64, 0.5 MB, and the first view on a page decompresses it for all.
"""

import base64
import gzip
import json
from functools import cache
from importlib.resources import files
from typing import Any

from utils.pictures._picture import Picture

SCRIPT = ("dist", "cdn", "iife.js")
"""Path, in the circuitsvis package, of the script that defines the global `CircuitsVis`."""

# The card is white in the dark theme too, since the view's own text is dark and cannot be restyled.
# A head's name is placed above its small picture: CircuitsVis's own position would cover it.
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
  // A notebook detaches cells that are out of sight, and CircuitsVis finds its element by id.
  while (!home.isConnected) await new Promise((done) => setTimeout(done, 200));
  home.id = "course-view-" + crypto.getRandomValues(new Uint32Array(2)).join("-");
  CircuitsVis.render(home.id, CircuitsVis.ELEMENT, PROPERTIES);
})(document.currentScript.previousElementSibling.lastElementChild);
</script>"""


def circuitsvis(element: str, properties: dict[str, Any], in_words: str, margin: str = "0") -> Picture:
    """Return a CircuitsVis view that needs no network.

    Args:
        element: The view's name in the script, as in "AttentionHeads".
        properties: The view's properties, as JSON data.
        margin: CSS margin left and right, for a view without a container of its own.
    """
    # "</script>" would end the script, even within a string.
    content = json.dumps(properties).replace("<", "\\u003c")
    html = VIEW.replace("MARGIN", margin).replace("ELEMENT", element)
    html = html.replace("PACKED", _packed_script()).replace("PROPERTIES", content)
    return Picture(in_words, {"text/html": html})


@cache
def _packed_script() -> str:
    script = files("circuitsvis").joinpath(*SCRIPT).read_bytes()
    return base64.b64encode(gzip.compress(script, 9, mtime=0)).decode("ascii")
