"""Address check: whatever passes is in the allowed network."""

from ipaddress import ip_network

import atheris

with atheris.instrument_imports():
    from parvis.ticket.addresses import AddressForbidden, AddressPolicy, check_address

from tests.fuzz.harness import fuzz

POLICY = AddressPolicy.parse("10.0.0.0/8")


def target(provider: atheris.FuzzedDataProvider) -> None:
    checked = check_address(provider.ConsumeUnicode(60), 3389, POLICY)
    assert checked in ip_network("10.0.0.0/8")


if __name__ == "__main__":
    fuzz(target, AddressForbidden)
