"""The JSON of programs, versions, builds, captures and replays."""

from rest_framework import serializers

from programs.actions.start_replay import LARGEST_OFFSET
from programs.models import Build, Replay

VERDICT = "portable: loops are proven to end; safe: fuel ends them. Empty where the program is refused."


class PositionSerializer(serializers.Serializer):
    line = serializers.IntegerField()
    column = serializers.IntegerField()


class DiagnosticSerializer(serializers.Serializer):
    """What a stage has to say about the source. Lines and columns count from 1; `end` is just after the range."""

    stage = serializers.CharField(help_text="preprocess, compile, load, verify or replay")
    severity = serializers.CharField(help_text="error, warning or note")
    code = serializers.CharField()
    message = serializers.CharField()
    line = serializers.IntegerField(allow_null=True)
    column = serializers.IntegerField(allow_null=True)
    end = PositionSerializer(allow_null=True)
    hint = serializers.CharField(allow_null=True)


class FunctionStackSerializer(serializers.Serializer):
    line = serializers.IntegerField(allow_null=True, help_text="Of the function's first code.")
    bytes = serializers.IntegerField()


class HelperUseSerializer(serializers.Serializer):
    name = serializers.CharField()
    lines = serializers.ListField(child=serializers.IntegerField())


class PacketReadSerializer(serializers.Serializer):
    """Bytes of packet_buffer, from `from` to before `to`; `to` is null where it has no bound."""

    line = serializers.IntegerField()
    to = serializers.IntegerField(allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field]:
        # A class body cannot have an attribute named "from".
        return {**super().get_fields(), "from": serializers.IntegerField()}


class FactsSerializer(serializers.Serializer):
    """What the verifier knows of a program. Each list has at most 200 entries; `cut` says that there were more."""

    worst_case_fuel = serializers.IntegerField(allow_null=True, help_text="Null where it could not be bounded.")
    stack = FunctionStackSerializer(many=True, help_text="The entry function first.")
    helpers = HelperUseSerializer(many=True)
    reads = PacketReadSerializer(many=True)
    unreachable = serializers.ListField(child=serializers.IntegerField(), help_text="Lines no packet reaches.")
    ignores_packet = serializers.BooleanField(help_text="A packet may get its verdict without a look at it.")
    cut = serializers.BooleanField()


class BuildSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=Build.State.choices)
    steps = serializers.DictField(
        child=serializers.FloatField(), help_text="Milliseconds by step: compile, verify, replay."
    )
    diagnostics = DiagnosticSerializer(many=True)
    compiler = serializers.CharField()
    instructions = serializers.IntegerField(allow_null=True)
    verdict = serializers.ChoiceField(choices=Build.Verdict.choices, allow_blank=True, help_text=VERDICT)
    facts = FactsSerializer(allow_null=True, help_text="Null where the program could not be analysed.")
    elf_sha256 = serializers.CharField(help_text="Empty until the object is verified.")
    created_on = serializers.DateTimeField()
    finished_on = serializers.DateTimeField(allow_null=True)


class VersionSummarySerializer(serializers.Serializer):
    id = serializers.UUIDField()
    number = serializers.IntegerField()
    sha256 = serializers.CharField(help_text="Of the source.")
    created_by = serializers.CharField()
    created_on = serializers.DateTimeField()
    build = BuildSerializer()


class VersionSerializer(VersionSummarySerializer):
    source = serializers.CharField()  # type: ignore[assignment]


class SourceSerializer(serializers.Serializer):
    source = serializers.CharField(trim_whitespace=False, help_text="C source.")  # type: ignore[assignment]


class ProgramSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    created_on = serializers.DateTimeField()
    modified_on = serializers.DateTimeField()
    latest = VersionSummarySerializer(allow_null=True, help_text="The newest version.")


class NewProgramSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=120)
    source = serializers.CharField(trim_whitespace=False, required=False, allow_blank=True, default="")  # type: ignore[assignment]


class NameSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=120)


class CaptureSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    supplied = serializers.SerializerMethodField(help_text="Comes with the installation.")
    created_on = serializers.DateTimeField()

    def get_supplied(self, capture) -> bool:
        return capture.account_id is None


class UploadSerializer(serializers.Serializer):
    file = serializers.FileField(allow_empty_file=True, help_text="A pcap or pcapng file.")
    name = serializers.CharField(max_length=200, required=False, help_text="The file's own name if left out.")


class ReplayedPacketSerializer(serializers.Serializer):
    """One of the first packets. Addresses and ports are null where the packet is not UDP."""

    number = serializers.IntegerField()
    time = serializers.FloatField()
    source = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    source_port = serializers.IntegerField(allow_null=True)
    destination = serializers.CharField(allow_null=True)
    destination_port = serializers.IntegerField(allow_null=True)
    length = serializers.IntegerField()
    verdict = serializers.ChoiceField(choices=["pass", "drop", "ignored", "error"])
    tag = serializers.IntegerField()
    challenge = serializers.BooleanField()
    printed = serializers.ListField(child=serializers.CharField())


class TracedReadSerializer(serializers.Serializer):
    """Bytes of the IP packet that a line read."""

    offset = serializers.IntegerField()
    length = serializers.IntegerField()
    value = serializers.CharField(help_text="The little-endian number that the program got, in hexadecimal.")


class TracedCallSerializer(serializers.Serializer):
    name = serializers.CharField()
    result = serializers.IntegerField()


class TracedRegisterSerializer(serializers.Serializer):
    register = serializers.IntegerField()
    value = serializers.CharField(help_text="Behind the line, in hexadecimal.")


class TracedLineSerializer(serializers.Serializer):
    """Instructions in a row that belong to one line of C."""

    pc = serializers.IntegerField(help_text="The first instruction.")
    instructions = serializers.IntegerField()
    depth = serializers.IntegerField(help_text="Functions of the program around it.")
    line = serializers.IntegerField(allow_null=True)
    text = serializers.CharField(allow_null=True)
    registers = TracedRegisterSerializer(many=True)
    reads = TracedReadSerializer(many=True)
    calls = TracedCallSerializer(many=True)
    fuel = serializers.IntegerField(help_text="What is left behind the line.")


class TraceSerializer(ReplayedPacketSerializer):
    """What a program did with one packet."""

    skipped = serializers.BooleanField(help_text="Passed without the program, which had declared the flow good.")
    error = serializers.CharField(allow_null=True, help_text="Why there is no verdict.")
    lines = TracedLineSerializer(many=True, help_text="At most 10,000.")
    truncated = serializers.BooleanField()
    omitted = serializers.IntegerField(help_text="Instructions that ran behind the last line.")


class ReplayedSourceSerializer(serializers.Serializer):
    address = serializers.CharField()
    packets = serializers.IntegerField()
    dropped = serializers.IntegerField()


class ReplaySummarySerializer(serializers.Serializer):
    packets = serializers.IntegerField()
    passed = serializers.IntegerField()
    dropped = serializers.IntegerField()
    ignored = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]
    challenges = serializers.IntegerField()
    skipped = serializers.IntegerField(
        required=False, help_text="Of those that passed: without the program, which had declared their flow good."
    )
    tags = serializers.DictField(child=serializers.IntegerField(), help_text="Packets by analytics tag.")
    tags_other = serializers.IntegerField(help_text="Packets with tags beyond those that are listed.")
    fuel_total = serializers.IntegerField(help_text="Instructions of all runs.")
    fuel_max = serializers.IntegerField(help_text="Instructions of the longest run.")
    ns_per_packet = serializers.FloatField(allow_null=True, help_text="Mean time of one run.")
    sources = ReplayedSourceSerializer(many=True)
    first = ReplayedPacketSerializer(many=True)


class ReplaySerializer(serializers.Serializer):
    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=Replay.State.choices)
    program = serializers.UUIDField(source="version.program_id")
    version = serializers.UUIDField(source="version_id")
    version_number = serializers.IntegerField(source="version.number")
    capture = serializers.UUIDField(source="capture_id")
    capture_name = serializers.CharField(source="capture.name")
    ip_offset = serializers.IntegerField(allow_null=True)
    summary = ReplaySummarySerializer(allow_null=True, help_text="Null until the replay is done, and in lists.")
    error = serializers.CharField(help_text="Empty unless the replay failed.")
    created_by = serializers.CharField()
    created_on = serializers.DateTimeField()
    finished_on = serializers.DateTimeField(allow_null=True)


class NewReplaySerializer(serializers.Serializer):
    version = serializers.UUIDField()
    capture = serializers.UUIDField()
    ip_offset = serializers.IntegerField(
        min_value=0,
        max_value=LARGEST_OFFSET,
        required=False,
        allow_null=True,
        default=None,
        help_text="Where the IP header begins in each packet; found out if left out.",
    )


class CheckSerializer(serializers.Serializer):
    ok = serializers.BooleanField()
    diagnostics = DiagnosticSerializer(many=True)
    instructions = serializers.IntegerField(allow_null=True)
    timings_ms = serializers.DictField(child=serializers.FloatField())
    verdict = serializers.ChoiceField(choices=Build.Verdict.choices, allow_blank=True, help_text=VERDICT)
    facts = FactsSerializer(allow_null=True, help_text="Null where the program could not be analysed.")
