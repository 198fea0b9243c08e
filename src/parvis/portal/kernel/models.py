"""The audit trail's tables."""

from __future__ import annotations

from django.db import models


class AuditRecord(models.Model):
    """One line of the trail. Written by `audit.record` only; never changed, deleted only by the retention purge."""

    id = models.PositiveBigIntegerField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    actor_id = models.BigIntegerField(null=True)
    actor_label = models.CharField(max_length=200)
    action = models.CharField(max_length=80)
    target_type = models.CharField(max_length=80)
    target_id = models.CharField(max_length=64)
    target_label = models.CharField(max_length=200)
    data = models.JSONField(default=dict)
    client_address = models.CharField(max_length=45)
    correlation = models.CharField(max_length=32)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)
    entity_id = models.BigIntegerField(null=True)
    """The entity it is about, when it was written: who may read it follows from that. Not part of the hash (ADR 6)."""

    class Meta:
        indexes = [
            models.Index(fields=["target_type", "target_id", "-id"], name="audit_target"),
            # Each ends with the id: a page of the viewer is one short range of one of them.
            models.Index(fields=["actor_id", "-id"], name="audit_actor"),
            models.Index(fields=["action", "-id"], name="audit_action"),
            models.Index(fields=["entity_id", "-id"], name="audit_entity"),
            models.Index(fields=["client_address", "-id"], name="audit_address"),
            models.Index(fields=["correlation", "-id"], name="audit_correlation"),
        ]
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.id} {self.action} {self.target_label}"


class AuditHead(models.Model):
    """The chain's two ends, in one row (id 1): taking it serialises writers."""

    last_id = models.PositiveBigIntegerField(default=0)
    last_hash = models.CharField(max_length=64)
    purged_through_id = models.PositiveBigIntegerField(default=0)
    purged_hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.last_id} {self.last_hash}"


class Claim(models.Model):
    """Something one process of all machines does at a time, and until when. Taken by `claims.take` only."""

    name = models.CharField(max_length=200, primary_key=True)
    until = models.DateTimeField(db_index=True)
    holder = models.CharField(max_length=16)

    def __str__(self) -> str:
        return f"{self.name} {self.until}"


class KeyMark(models.Model):
    """Which key this database was made with: its fingerprint, never the key. Compared by `config.sealing`."""

    name = models.CharField(max_length=20, primary_key=True)
    fingerprint = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.name} {self.fingerprint[:8]}"
