"""The demo's real desktops: when there are some, and what their programs are told."""

from __future__ import annotations

import configparser
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from cryptography import x509

from parvis.serve import demo_environment, demo_real, demo_real_files
from parvis.serve.options import ServeOptions


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A machine on which nothing is installed."""
    monkeypatch.setattr(demo_real, "ADMIN_FOLDERS", (str(tmp_path / "sbin"),))
    return {"PARVIS_MODE": "demo", "PATH": str(tmp_path / "bin"), "PARVIS_DEMO_BASE_PORT": "6001"}


def install(tmp_path: Path, *programs: str) -> None:
    for program in programs:
        path = tmp_path / program
        path.parent.mkdir(exist_ok=True)
        path.touch(mode=0o700)


@pytest.mark.parametrize(
    ("programs", "expected"),
    [
        ((), ()),
        (("bin/Xtigervnc",), ()),
        (("bin/xterm", "sbin/xrdp"), ()),
        (("bin/Xtigervnc", "bin/xterm"), ("vnc",)),
        (("bin/Xtigervnc", "bin/xterm", "sbin/xrdp"), ("vnc", "rdp")),
    ],
)
def test_only_what_is_installed_is_shown(
    programs: tuple[str, ...], expected: tuple[str, ...], environ: dict[str, str], tmp_path: Path
) -> None:
    install(tmp_path, *programs)
    assert demo_real.available(environ) == expected
    names = [service.name for service in demo_real.services(ServeOptions("127.0.0.1", 8000, tmp_path), environ)]
    assert names == [f"demo-{protocol}" for protocol in expected]
    (tmp_path / "personas.json").write_text("[]")
    welcome = demo_environment.welcome(ServeOptions("127.0.0.1", 8000, tmp_path), environ)
    assert ("TigerVNC" in welcome, "xrdp" in welcome) == ("vnc" in expected, "rdp" in expected)


def test_it_can_be_turned_off(environ: dict[str, str], tmp_path: Path) -> None:
    install(tmp_path, "bin/Xtigervnc", "bin/xterm", "sbin/xrdp")
    assert demo_real.available({**environ, "PARVIS_DEMO_REAL": "off"}) == ()
    with pytest.raises(ValueError, match="PARVIS_DEMO_REAL"):
        demo_real.available({**environ, "PARVIS_DEMO_REAL": "perhaps"})


def test_the_services_are_told_the_ports_of_the_settings(environ: dict[str, str], tmp_path: Path) -> None:
    install(tmp_path, "bin/Xtigervnc", "bin/xterm", "sbin/xrdp")
    vnc, rdp = demo_real.services(ServeOptions("127.0.0.1", 8000, tmp_path), environ)
    assert vnc.argv[-2:] == ["--vnc-port", "6033"]
    assert rdp.argv[-4:] == ["--vnc-port", "6033", "--port", "6034"]
    targets = demo_environment.defaults({"PARVIS_DEMO_BASE_PORT": "6001"})["PARVIS_LOOPBACK_TARGETS"].split(",")
    assert {"127.0.0.1:6033", "127.0.0.1:6034"} <= set(targets)


def test_xrdp_speaks_tls_on_loopback_and_goes_nowhere_else(tmp_path: Path) -> None:
    text = demo_real_files.xrdp_configuration(tmp_path, port=6034, vnc_port=6033)
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    main = parser["Globals"]
    assert (main["port"], main["security_layer"]) == ("tcp://127.0.0.1:6034", "tls")
    assert main["certificate"].startswith(str(tmp_path))
    assert main["autorun"] == "desktop"
    assert set(parser.sections()) == {"Globals", "Logging", "Channels", "desktop"}, "no other place to connect to"
    assert (parser["desktop"]["ip"], parser["desktop"]["port"]) == ("127.0.0.1", "6033")
    assert "ask" not in parser["desktop"].values()


def test_the_window_manager_starts_nothing() -> None:
    root = ElementTree.fromstring(demo_real_files.openbox_configuration())  # noqa: S314 - our own text
    actions = {element.attrib["name"] for element in root.iter() if element.tag.endswith("}action")}
    assert actions == {"Focus", "Raise", "Move", "Resize", "ToggleMaximize"}


def test_the_certificate_is_made_once(tmp_path: Path) -> None:
    demo_real_files.ensure_certificate(tmp_path)
    certificate, key = demo_real_files.certificate_paths(tmp_path)
    first = certificate.read_bytes(), key.read_bytes()
    demo_real_files.ensure_certificate(tmp_path)
    assert (certificate.read_bytes(), key.read_bytes()) == first
    assert key.stat().st_mode & 0o077 == 0
    assert demo_real_files.RDP_NAME in x509.load_pem_x509_certificate(first[0]).subject.rfc4514_string()
