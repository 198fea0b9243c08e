"""The nginx example for several machines: the one of a single machine with two groups, read by nginx itself."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.requirements import require
from tests.servers.certificate import write_self_signed

FOLDER = Path(__file__).parents[3] / "deploy/nginx"
ONE, SEVERAL = (FOLDER / "parvis.conf").read_text(), (FOLDER / "several.conf").read_text()
BEGINS = "# The addresses of an inventory probe"


def checked(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    """`nginx -t`, with the paths of this test and its [certificates] lines on."""
    write_self_signed(folder, "localhost")
    (folder / "secret.conf").write_text('proxy_set_header X-Parvis-Proxy-Secret "of the test";\n')
    text = re.sub(r"^( *)#(\S.*\[certificates\].*)$", r"\1\2", text, flags=re.MULTILINE)
    text = re.sub(r"ssl_crl .*", "", text).replace('        proxy_set_header X-Parvis-Proxy-Secret "";\n', "")
    for name in ("fullchain.pem", "computers-ca.pem"):
        text = text.replace(f"/etc/ssl/parvis/{name}", str(folder / "cert.pem"))
    text = text.replace("/etc/ssl/parvis/privkey.pem", str(folder / "key.pem"))
    text = text.replace("/etc/nginx/parvis-secret.conf", str(folder / "secret.conf"))
    text = text.replace("/var/log/nginx/", f"{folder}/")
    text = re.sub(r"server (portal|gateway)-(\d):", r"server 127.0.0.\2:", text)  # names of the reader's machines
    text = text.replace("listen [::]", "#listen [::]").replace("listen 443", "listen 127.0.0.1:8443")
    text = text.replace("listen 80;", "listen 127.0.0.1:8480;")
    path = folder / "nginx.conf"
    path.write_text(f"pid {folder}/pid;\nevents {{}}\nhttp {{\n{text}\n}}\n")
    command = ["nginx", "-t", "-p", str(folder), "-c", str(path), "-e", str(folder / "error.log")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_nginx_reads_it(tmp_path: Path) -> None:
    require("nginx")
    done = checked(tmp_path, SEVERAL)
    assert done.returncode == 0, done.stderr
    wrong = checked(tmp_path, SEVERAL.replace("upstream parvis_gateways", "upstream gateways_of_parvis"))
    assert "parvis_gateways" in wrong.stderr, "and would say that a group is missing"


def test_it_is_the_example_of_one_machine_with_two_groups() -> None:
    """What is mended in one is mended in the other."""
    one = ONE[ONE.index(BEGINS) :]
    one = one.replace("http://127.0.0.1:8001", "http://parvis_gateways")
    one = one.replace("http://127.0.0.1:8000", "http://parvis_portals")
    assert SEVERAL[SEVERAL.index(BEGINS) :] == one


def test_nobody_is_bound_to_a_machine() -> None:
    groups = SEVERAL[: SEVERAL.index(BEGINS)]
    assert groups.count("least_conn;") == groups.count("upstream ") == 2
    assert not re.search(r"\b(?:ip_hash|hash|sticky)\b", SEVERAL)
