"""The small networks of the network's own tests."""

from tests.models.visualglm.conftest import small_config as small_config
