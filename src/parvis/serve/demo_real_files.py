"""What the demo's real xrdp and window manager read: configuration texts and a certificate, in the data folder."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

RDP_NAME = "RIV-RDP-LINUX"
"""Common name of the certificate: the computer's name in the portal."""
VALID_DAYS = 3650

# Without xrdp-sesman, which wants root and system accounts: libvnc shows a desktop that is there already.
# The address is fixed here, so that nobody can make xrdp connect elsewhere. Manual: xrdp.ini(5).
_XRDP = """\
[Globals]
ini_version=1
fork=true
port=tcp://127.0.0.1:{port}
use_vsock=false
tcp_nodelay=true
tcp_keepalive=true
security_layer=tls
crypt_level=high
certificate={certificate}
key_file={key}
ssl_protocols=TLSv1.2, TLSv1.3
autorun=desktop
allow_channels=true
allow_multimon=false
bitmap_cache=true
bitmap_compression=true
bulk_compression=true
max_bpp=32
new_cursors=true
use_fastpath=both

[Logging]
LogFile={log}
LogLevel=INFO
EnableSyslog=false

[Channels]
rdpdr=false
rdpsnd=false
drdynvc=true
cliprdr=true
rail=false
xrdpvr=false

[desktop]
name=desktop
lib=libvnc.so
username=any
password=
ip=127.0.0.1
port={vnc_port}
"""

# No menu and no key that starts a program: whoever reaches the demo must not reach a shell of this machine.
_OPENBOX = """\
<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <focus><focusNew>yes</focusNew></focus>
  <desktops><number>1</number><popupTime>0</popupTime></desktops>
  <theme><titleLayout>NL</titleLayout></theme>
  <keyboard/>
  <mouse>
    <context name="Titlebar">
      <mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
      <mousebind button="Left" action="Drag"><action name="Move"/></mousebind>
      <mousebind button="Left" action="DoubleClick"><action name="ToggleMaximize"/></mousebind>
    </context>
    <context name="BRCorner">
      <mousebind button="Left" action="Drag"><action name="Resize"/></mousebind>
    </context>
    <context name="Client">
      <mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
    </context>
  </mouse>
  <menu/>
</openbox_config>
"""


def xrdp_configuration(folder: Path, *, port: int, vnc_port: int) -> str:
    """The text of xrdp.ini: TLS on loopback `port`, showing the VNC desktop at loopback `vnc_port`."""
    certificate, key = certificate_paths(folder)
    return _XRDP.format(port=port, vnc_port=vnc_port, certificate=certificate, key=key, log=folder / "xrdp.log")


def openbox_configuration() -> str:
    """The text of rc.xml: windows move and take the focus, and nothing else happens."""
    return _OPENBOX


def certificate_paths(folder: Path) -> tuple[Path, Path]:
    """Certificate and key, PEM."""
    return folder / "xrdp-cert.pem", folder / "xrdp-key.pem"


def ensure_certificate(folder: Path) -> None:
    """Make a self-signed certificate unless it is there: the pin the portal noted stays good over restarts."""
    certificate_path, key_path = certificate_paths(folder)
    if certificate_path.exists() and key_path.exists():
        return
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, RDP_NAME)])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=VALID_DAYS))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    key_path.touch(mode=0o600)
    key_path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    )
    certificate_path.write_bytes(certificate.public_bytes(pem))
