"""A real OpenLDAP server (Debian's slapd) on a free loopback port, with its own configuration and data.

Entries are given as LDIF and loaded before it starts. `msuser.schema` gives Active Directory's
attributes (`objectGUID`, `userAccountControl`…) to ordinary entries.
"""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.requirements import require, require_library
from tests.servers.process import accepts, free_port, running

SUFFIX = "dc=rivemarine,dc=example"
ADMIN, ADMIN_PASSWORD = f"cn=admin,{SUFFIX}", "secret-de-l-administrateur"
READER, READER_PASSWORD = f"cn=lecture,{SUFFIX}", "secret-de-lecture"
HOST = "localhost"

TREE = f"""\
dn: {SUFFIX}
objectClass: dcObject
objectClass: organization
o: Rivemarine
dc: rivemarine

dn: {READER}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: lecture
userPassword: {READER_PASSWORD}

dn: ou=agents,{SUFFIX}
objectClass: organizationalUnit
ou: agents

dn: ou=groupes,{SUFFIX}
objectClass: organizationalUnit
ou: groupes

"""

_CONFIGURATION = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
include {folder}/msuser.schema
modulepath /usr/lib/ldap
moduleload back_mdb
{modules}
pidfile {folder}/pid
{tls}
{globals}
database mdb
maxsize 1073741824
suffix "{suffix}"
directory {folder}/data
rootdn "{admin}"
rootpw {password}
index objectClass,entryUUID,mail,uid eq
dbnosync
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{reader}" read by * none
{more}
"""


@dataclass
class Slapd:
    """A running slapd."""

    port: int
    tls_port: int
    """LDAPS; 0 without a certificate."""
    ca_pem: str
    """The authority that signed its certificate; empty without one."""
    log_path: Path

    @property
    def uri(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def tls_uri(self) -> str:
        return f"ldaps://{HOST}:{self.tls_port}"

    def modify(self, ldif: str) -> None:
        """Apply changes (`changetype: …`) as the administrator."""
        subprocess.run(
            ["ldapmodify", "-x", "-H", self.uri, "-D", ADMIN, "-w", ADMIN_PASSWORD],
            input=ldif.encode(),
            check=True,
            capture_output=True,
        )


@dataclass(frozen=True)
class Certificate:
    """What the server shows: for this name, between these days from now."""

    name: str = HOST
    from_days: int = -2
    to_days: int = 30


@contextlib.contextmanager
def slapd(
    ldif: str = "",
    *,
    certificate: Certificate | None = None,
    modules: Iterable[str] = (),
    settings: str = "disallow bind_anon",
    more: str = "",
) -> Iterator[Slapd]:
    """slapd with `TREE` and `ldif`. `settings`: global lines of slapd.conf; `more`: of the database (overlays last)."""
    require_library("ldap")
    require("slapd", "slapadd", "ldapmodify")
    with tempfile.TemporaryDirectory(prefix="parvis-slapd-") as name:
        folder = Path(name)
        (folder / "data").mkdir()
        (folder / "msuser.schema").write_text(_active_directory_schema())
        ca_pem = _certify(folder, certificate) if certificate else ""
        configuration = folder / "slapd.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                folder=folder,
                tls=_TLS.format(folder=folder) if certificate else "",
                modules="\n".join(f"moduleload {module}" for module in modules),
                suffix=SUFFIX,
                admin=ADMIN,
                password=ADMIN_PASSWORD,
                reader=READER,
                globals=settings,
                more=more,
            )
        )
        (folder / "tree.ldif").write_text(TREE + ldif)
        load = ["/usr/sbin/slapadd", "-q", "-f", str(configuration), "-l", str(folder / "tree.ldif")]
        loaded = subprocess.run(load, capture_output=True, text=True, check=False)
        assert loaded.returncode == 0, loaded.stderr[-2000:]
        port, tls_port = free_port(), free_port() if certificate else 0
        urls = f"ldap://127.0.0.1:{port}" + (f" ldaps://127.0.0.1:{tls_port}" if certificate else "")
        command = ["/usr/sbin/slapd", "-d", "0", "-f", str(configuration), "-h", urls]
        log_path = folder / "log"
        with running(command, log_path=log_path, is_ready=lambda: accepts("127.0.0.1", tls_port or port)):
            yield Slapd(port, tls_port, ca_pem, log_path)


def person(uid: str, **attributes: str | list[str]) -> str:
    """The LDIF of an inetOrgPerson under `ou=agents`; `dn`, `objectClass` and the like may be given."""
    dn = attributes.pop("dn", f"uid={uid},ou=agents,{SUFFIX}")
    facts: dict[str, str | list[str]] = {
        "objectClass": ["inetOrgPerson"],
        "uid": uid,
        "cn": uid,
        "sn": uid.title(),
        "givenName": "Essai",
        "mail": f"{uid}@rivemarine.example",
        **attributes,
    }
    lines = [f"dn: {dn}"]
    for name, values in facts.items():
        lines += [_line(name, value) for value in ([values] if isinstance(values, str) else values)]
    return "\n".join(lines) + "\n\n"


def group(name: str, *members: str) -> str:
    """The LDIF of a groupOfNames under `ou=groupes`; members are DNs."""
    lines = [f"dn: cn={name},ou=groupes,{SUFFIX}", "objectClass: groupOfNames", f"cn: {name}"]
    return "\n".join([*lines, *(f"member: {member}" for member in members)]) + "\n\n"


def dn_of(uid: str) -> str:
    return f"uid={uid},ou=agents,{SUFFIX}"


def group_dn(name: str) -> str:
    return f"cn={name},ou=groupes,{SUFFIX}"


def _line(name: str, value: str) -> str:
    """`name: value`; a value that begins with a colon is base64 already (RFC 2849)."""
    return f"{name}:{value}" if value.startswith(": ") else f"{name}: {value}"


def _active_directory_schema() -> str:
    """Debian's, and `objectGUID` can be searched for, as in the real one."""
    schema = Path("/etc/ldap/schema/msuser.schema").read_text()
    return schema.replace("NAME 'objectGUID'", "NAME 'objectGUID'\n\tEQUALITY octetStringMatch")


_TLS = """\
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/cert.pem
TLSCertificateKeyFile {folder}/key.pem
"""


def _certify(folder: Path, wanted: Certificate) -> str:
    """An authority and the server's certificate, as files; the authority's PEM."""
    now = datetime.now(UTC)
    authority_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "AC de Rivemarine")])
    server = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, wanted.name)])

    def issue(subject: x509.Name, key: ec.EllipticCurvePrivateKey, begin: int, end: int) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(authority)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=begin))
            .not_valid_after(now + timedelta(days=end))
        )

    root = issue(authority, authority_key, -30, 300).add_extension(x509.BasicConstraints(True, None), critical=True)
    names = x509.SubjectAlternativeName([x509.DNSName(wanted.name)])
    leaf = issue(server, server_key, wanted.from_days, wanted.to_days).add_extension(names, critical=False)
    pem = serialization.Encoding.PEM
    ca_pem = root.sign(authority_key, hashes.SHA256()).public_bytes(pem)
    (folder / "ca.pem").write_bytes(ca_pem)
    (folder / "cert.pem").write_bytes(leaf.sign(authority_key, hashes.SHA256()).public_bytes(pem))
    (folder / "key.pem").write_bytes(
        server_key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    )
    return ca_pem.decode()
