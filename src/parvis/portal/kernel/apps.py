"""Django's name for this room."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    """The kernel: what every room stands on."""

    name = "parvis.portal.kernel"
    label = "kernel"
    verbose_name = "Noyau"
