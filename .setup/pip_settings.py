"""Read indexes, folders of wheels, certificates and proxies from pip's configuration, for uv."""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class PipSettings:
    """The parts of pip's configuration that uv has options for."""

    index_url: str = ""
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    no_index: bool = False
    environment: dict[str, str] = field(default_factory=dict)
    """Environment variables for certificates, proxy and time-out."""

    def uv_options(self) -> list[str]:
        """Return the options for `uv pip install`."""
        options: list[str] = []
        if self.index_url:
            options += ["--default-index", self.index_url]
        for name, values in (
            ("--index", self.extra_index_urls),
            ("--find-links", self.find_links),
            ("--constraint", self.constraints),
            ("--allow-insecure-host", self.trusted_hosts),
        ):
            options += [part for value in values for part in (name, value)]
        if self.extra_index_urls:
            # As pip does: the best version of all indexes.
            options += ["--index-strategy", "unsafe-best-match"]
        return options + (["--no-index"] if self.no_index else [])


# In increasing precedence: global settings, those of one command, environment variables.
_SECTIONS = ("global", "install", ":env:")


def read_settings(pip_config_list: str) -> PipSettings:
    """Parse the output of `pip config list`: lines such as `global.find-links='/a /b'`."""
    found: dict[str, str] = {}
    ranks: dict[str, int] = {}
    several: dict[str, list[str]] = {}
    for line in pip_config_list.splitlines():
        matched = re.fullmatch(r"([\w:]+)\.([\w-]+)=(.+)", line.strip())
        if not matched or matched[1] not in _SECTIONS:
            continue
        section, name, text = matched.groups()
        value = _value(text)
        several.setdefault(name, []).extend(value.split())
        if (rank := _SECTIONS.index(section)) >= ranks.get(name, 0):
            found[name], ranks[name] = value, rank

    def all_of(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(several.get(name, ())))

    variables = {"SSL_CERT_FILE": "cert", "HTTPS_PROXY": "proxy", "UV_HTTP_TIMEOUT": "default-timeout"}
    variables |= {"HTTP_PROXY": "proxy"} | ({"UV_HTTP_TIMEOUT": "timeout"} if "timeout" in found else {})
    return PipSettings(
        index_url=found.get("index-url", ""),
        extra_index_urls=all_of("extra-index-url"),
        find_links=all_of("find-links"),
        constraints=all_of("constraint"),
        trusted_hosts=all_of("trusted-host"),
        no_index=found.get("no-index", "").lower() in {"1", "true", "yes", "on"},
        environment={name: found[setting] for name, setting in variables.items() if setting in found},
    )


def _value(text: str) -> str:
    try:
        return str(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return text


def wheels_of_torch(folders: Sequence[str], version: str, python: tuple[int, int]) -> list[Path]:
    """Return the wheels of this version of PyTorch for this Python in pip's folders."""
    tag = f"cp{python[0]}{python[1]}"
    found: list[Path] = []
    for folder in folders:
        place = Path(folder.removeprefix("file://")).expanduser()
        names = place.glob(f"torch-{version}*.whl") if place.is_dir() else ()
        found += [wheel for wheel in names if f"-{tag}-" in wheel.name]
    return found
