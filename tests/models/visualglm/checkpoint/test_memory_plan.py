"""The plan's arithmetic, against the real network's tensors and by the limits that it must keep."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from errors import WeightsError
from models.visualglm.checkpoint.memory_plan import (
    MATMUL_WORKSPACE,
    MemoryPlan,
    cache_bytes_per_token,
    check,
    free_memory,
    host_memory,
    plan,
)
from models.visualglm.config import VisualGLMConfig
from models.visualglm.network.cache import KVCache
from models.visualglm.network.model import empty_model
from models.visualglm.network.quantisation import use_quantised_layers

FULL = VisualGLMConfig()
HALF = torch.float16
GB = 10**9


@pytest.mark.parametrize(
    ("bits", "resident", "most"), [(0, 14.54, 16), (8, 8.90, 12), (4, 6.08, 10)]
)
def test_full_size_keeps_its_limits(bits: int, resident: float, most: int) -> None:
    made = plan(FULL, HALF, bits, slots=1, context=2048)
    assert round(made.resident / GB, 2) == resident
    assert made.total <= most * GB
    assert made.total == sum(made.weights.values()) + made.cache + made.working


@pytest.mark.parametrize("bits", [0, 8, 4])
def test_weights_are_what_the_network_holds(bits: int) -> None:
    model = empty_model(FULL)
    if bits:
        with torch.device("meta"):
            use_quantised_layers(model, bits)
    model.half()
    held = sum(value.numel() * value.element_size() for value in model.state_dict().values())
    assert plan(FULL, HALF, bits, 1, 2048).resident == held


def test_parts_of_the_full_size() -> None:
    weights = list(plan(FULL, HALF, 0, 1, 2048).weights.values())
    parameters = (534_642_688, 5_637_144_576, 1_499_136, 985_952_256, 105_162_240, 3_149_824)
    assert weights == [2 * count for count in parameters]
    scales = 28 * (12288 + 4096 + 16384 + 4096) * 2
    assert list(plan(FULL, HALF, 8, 1, 2048).weights.values())[1] == 5_637_144_576 + scales
    assert list(plan(FULL, HALF, 4, 1, 2048).weights.values())[1] == 5_637_144_576 // 2 + scales


def test_the_cache_is_what_the_cache_holds() -> None:
    assert cache_bytes_per_token(FULL, HALF) == 458_752
    with torch.device("meta"):
        cache = KVCache(FULL, 3, 512, HALF, "meta")
    held = sum(t.numel() * t.element_size() for t in (cache.keys, cache.values))
    assert plan(FULL, HALF, 0, 3, 512).cache == held
    assert plan(FULL, torch.float32, 0, 3, 512).cache == 2 * held


def test_working_space_grows_with_what_causes_it() -> None:
    def working(bits: int = 0, slots: int = 1, context: int = 2048) -> int:
        return plan(FULL, HALF, bits, slots, context).working

    assert working() > MATMUL_WORKSPACE
    assert working(slots=2) - working() == 130_528 * 22
    assert working(8) - working() == 4096 * 16384 * 5
    assert working(context=256) < working(context=512) < working()


def test_the_table_names_every_part() -> None:
    lines = plan(FULL, HALF, 4, 2, 1024).lines()
    assert [line.rsplit("  ", 1)[0].strip() for line in lines][-4:] == [
        "weights", "KV cache, 2 × 1024 tokens", "working space", "total",
    ]  # fmt: skip
    assert re.fullmatch(r"ViT +1\.972 GB", lines[3])
    assert len({len(line) for line in lines}) == 1


def message(this: MemoryPlan, free: float) -> str:
    with pytest.raises(WeightsError) as caught:
        check(this, int(free * GB))
    return caught.value.message


def proposals(text: str) -> list[dict[str, str]]:
    """The settings that a message proposes, one dictionary per proposal."""
    found = re.search(r"It fits with (.*)\.$", text)
    return [
        dict(pair.split("=") for pair in proposal.split(" and "))
        for proposal in (found[1].split(", or with ") if found else [])
    ]


def with_settings(this: MemoryPlan, settings: dict[str, str]) -> MemoryPlan:
    bits = int(settings.get("KEX_GLM_QUANT", this.bits))
    slots = int(settings.get("KEX_GLM_SLOTS", this.slots))
    context = int(settings.get("KEX_GLM_CONTEXT", this.context))
    dtype = torch.bfloat16 if "KEX_GLM_DTYPE" in settings else this.dtype
    return plan(this.config, dtype, bits, slots, context)


def test_what_fits_is_let_through() -> None:
    made = plan(FULL, HALF, 0, 2, 2048)
    check(made, made.total)
    assert "16.70 GB" in message(made, made.total / GB - 1e-9)


def test_the_message_names_numbers_and_settings() -> None:
    text = message(plan(FULL, HALF, 0, 2, 2048), 16)
    assert text == (
        "The model needs 16.70 GB (14.54 weights, 1.88 KV cache, 0.29 working space), but only"
        " 16.00 GB are free. It fits with KEX_GLM_QUANT=8, or with KEX_GLM_SLOTS=1, or with"
        " KEX_GLM_CONTEXT=1280."
    )


@pytest.mark.parametrize("free", [24, 16, 12, 10, 9, 8, 7, 6.6])
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
@pytest.mark.parametrize(("bits", "slots", "context"), [(0, 2, 2048), (8, 8, 2048), (4, 4, 600)])
def test_only_settings_that_truly_fit_are_proposed(
    free: float, dtype: torch.dtype, bits: int, slots: int, context: int
) -> None:
    made = plan(FULL, dtype, bits, slots, context)
    if made.total <= free * GB:
        check(made, int(free * GB))
        return
    text = message(made, free)
    for settings in proposals(text):
        other = with_settings(made, settings)
        assert other.total <= free * GB
        assert other.context >= 256 and other.slots >= 1
        # The mildest: one slot or 256 tokens more would not fit.
        if list(settings) == ["KEX_GLM_SLOTS"] and other.slots + 1 < slots:
            assert with_settings(other, {"KEX_GLM_SLOTS": str(other.slots + 1)}).total > free * GB
        if list(settings) == ["KEX_GLM_CONTEXT"] and other.context + 256 < context:
            assert (
                with_settings(other, {"KEX_GLM_CONTEXT": str(other.context + 256)}).total
                > free * GB
            )
    if not proposals(text):
        least = plan(FULL, torch.float16, 4, 1, 256)
        assert least.total > free * GB and "No setting makes it fit" in text


def test_several_settings_together_where_none_suffices() -> None:
    assert proposals(message(plan(FULL, HALF, 0, 8, 2048), 12)) == [
        {"KEX_GLM_QUANT": "8", "KEX_GLM_CONTEXT": "512"}
    ]


def test_a_quantised_checkpoint_is_not_to_be_quantised_again() -> None:
    stored = replace(FULL, quantization_bits=8)
    assert "QUANT" not in message(plan(stored, HALF, 8, 2, 2048), 10)


def test_too_little_for_anything() -> None:
    with pytest.raises(WeightsError, match="No setting makes it fit") as caught:
        check(plan(FULL, HALF, 0, 2, 2048), 5 * GB)
    assert caught.value.field == "KEX_GLM_DEVICE"


def fake(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


MEMINFO = {"proc/meminfo": "MemTotal: 32000 kB\nMemFree: 1 kB\nMemAvailable:   20000 kB\n"}


def test_host_memory_without_groups(tmp_path: Path) -> None:
    assert host_memory(fake(tmp_path, MEMINFO)) == 20_000 * 1024


@pytest.mark.parametrize("inner", ["/", "/a/b"])
def test_the_tightest_group_counts(tmp_path: Path, inner: str) -> None:
    group = f"sys/fs/cgroup{inner.rstrip('/')}"
    files = {
        **MEMINFO,
        "proc/self/cgroup": f"0::{inner}\n",
        f"{group}/memory.max": "9000000\n",
        f"{group}/memory.current": "4000000\n",
        f"{group}/memory.stat": "anon 5\ninactive_file 1000000\nactive_file 7\n",
    }
    assert host_memory(fake(tmp_path, files)) == 6_000_000
    if inner != "/":
        above = {"sys/fs/cgroup/a/memory.max": "500", "sys/fs/cgroup/a/memory.current": "900"}
        assert host_memory(fake(tmp_path, above)) == 0
    unlimited = {f"{group}/memory.max": "max\n", "sys/fs/cgroup/a/memory.max": "max"}
    assert host_memory(fake(tmp_path, unlimited)) == 20_000 * 1024


def test_groups_of_the_first_version(tmp_path: Path) -> None:
    group = "sys/fs/cgroup/memory/x"
    files = {
        **MEMINFO,
        "proc/self/cgroup": "3:cpu,cpuacct:/y\n2:memory:/x\n",
        f"{group}/memory.limit_in_bytes": "8000",
        f"{group}/memory.usage_in_bytes": "7000",
        f"{group}/memory.stat": "total_inactive_file 500\n",
    }
    assert host_memory(fake(tmp_path, files)) == 1500


def test_a_system_that_says_nothing(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="MemAvailable"):
        host_memory(tmp_path)


def test_this_machine_says_something() -> None:
    assert 0 < free_memory("cpu") < 1 << 50
    if torch.cuda.is_available():
        assert 0 < free_memory("cuda") <= torch.cuda.get_device_properties(0).total_memory
