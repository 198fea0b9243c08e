"""The portal in the contract's words only: that of `parvis simulate-sessions`."""

from __future__ import annotations

from parvis.serve.load_test.contract_portal import ContractPortal

__all__ = ["ContractPortal"]
