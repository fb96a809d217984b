"""The shapes of the room's answers."""

import base64

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from telemetry.models import SampledPacket


class PointSerializer(serializers.Serializer):
    at = serializers.IntegerField(help_text="Seconds since 1970 at which the interval begins.")
    received = serializers.IntegerField()
    passed = serializers.IntegerField()
    dropped = serializers.IntegerField()
    challenged = serializers.IntegerField()


class RuleTotalsSerializer(serializers.Serializer):
    rule_id = serializers.UUIDField()
    packets = serializers.IntegerField()
    passed = serializers.IntegerField()
    dropped = serializers.IntegerField()
    would_drop = serializers.IntegerField()
    challenged = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]
    allowlisted = serializers.IntegerField()
    skipped = serializers.IntegerField(
        help_text="Of those that passed: without the program, which had declared their flow good."
    )
    tags = serializers.DictField(child=serializers.IntegerField())


class SourceSerializer(serializers.Serializer):
    address = serializers.CharField()
    packets = serializers.IntegerField()
    dropped = serializers.IntegerField()


class StatsSerializer(serializers.Serializer):
    resolution = serializers.IntegerField(help_text="Seconds that a point covers: 1, 60 or 3600.")
    points = PointSerializer(many=True)
    rules = RuleTotalsSerializer(many=True)
    tags = serializers.DictField(child=serializers.IntegerField(), help_text="Packets by tag, over all rules.")
    sources = SourceSerializer(many=True, help_text="The busiest of at most the last hour.")


class SampleSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    account_id = serializers.CharField()
    rule_id = serializers.UUIDField(source="rule", allow_null=True)
    node = serializers.CharField(source="node.hostname")
    at = serializers.SerializerMethodField()
    source = serializers.CharField()  # type: ignore[assignment]
    source_port = serializers.IntegerField()
    destination = serializers.CharField()
    destination_port = serializers.IntegerField()
    length = serializers.IntegerField()
    verdict = serializers.CharField()
    tag = serializers.IntegerField()
    challenge = serializers.BooleanField()
    packet = serializers.SerializerMethodField()

    @extend_schema_field(serializers.FloatField(help_text="Seconds since 1970."))
    def get_at(self, sample: SampledPacket) -> float:
        return sample.at.timestamp()

    @extend_schema_field(serializers.CharField(help_text="The packet's first bytes, in base64."))
    def get_packet(self, sample: SampledPacket) -> str:
        return base64.b64encode(bytes(sample.packet)).decode()
