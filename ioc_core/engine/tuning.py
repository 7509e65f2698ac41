"""The configuration file of the embedded PostgreSQL, computed from the machine."""

import os
from collections.abc import Mapping
from pathlib import Path

import psutil

from ioc_core.engine.discovery import PostgresServer

_MIB = 1 << 20
_CGROUP_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def machine_memory() -> int:
    """Bytes of memory that this process may use: the machine's, or less where a control group says so."""
    limits = [psutil.virtual_memory().total]
    for name in _CGROUP_LIMITS:
        path = Path(name)
        text = path.read_text(encoding="ascii").strip() if path.exists() else ""
        limits += [int(text)] if text.isdigit() else []
    return min(limits)


def configuration(server: PostgresServer, *, memory: int, overrides: Mapping[str, str]) -> str:
    """The text of postgresql.conf.

    `memory`: bytes that the whole machine has for us; PostgreSQL plans with a share of it, because the bus, our
    processes and the file cache live beside it. `overrides` win over everything, by parameter name.
    """
    values = {**_memory(memory), **_durability(), **_behaviour(), **_logging(), **_workers(server), **overrides}
    lines = [f"{name} = {_quoted(value)}" for name, value in values.items()]
    head = "# Written at every start; change values with ALTER SYSTEM, which wins over this file."
    return "\n".join([head, *lines, ""])


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _memory(memory: int) -> dict[str, str]:
    """Shares as the PostgreSQL manual advises for a machine that is not the database's alone."""
    shared = min(max(memory // 8, 64 * _MIB), 2048 * _MIB)
    return {
        "shared_buffers": f"{shared // _MIB}MB",
        "effective_cache_size": f"{max(memory // 2, 128 * _MIB) // _MIB}MB",
        "maintenance_work_mem": f"{min(max(memory // 32, 32 * _MIB), 512 * _MIB) // _MIB}MB",
        "work_mem": f"{min(max(memory // 512, 4 * _MIB), 32 * _MIB) // _MIB}MB",
        "max_connections": "200",
    }


def _durability() -> dict[str, str]:
    return {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "max_wal_size": "2GB",
        "min_wal_size": "160MB",
        "checkpoint_timeout": "15min",
    }


def _behaviour() -> dict[str, str]:
    return {
        "cluster_name": "ioc",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "datestyle": "ISO, YMD",
        "lc_messages": "C",
        "default_text_search_config": "pg_catalog.simple",
        "password_encryption": "scram-sha-256",
        "random_page_cost": "1.1",
        "jit": "off",  # our queries are short; compiling them takes longer than running them
        "tcp_keepalives_idle": "60",
        "client_connection_check_interval": "10s",
    }


def _logging() -> dict[str, str]:
    """One file per weekday in the cluster's folder `log`, so that it never grows without bound."""
    return {
        "logging_collector": "on",
        "log_directory": "log",
        "log_filename": "postgresql-%a.log",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_truncate_on_rotation": "on",
        "log_line_prefix": "%m [%p] %q%u@%d %a ",
        "log_checkpoints": "off",
        "log_min_duration_statement": "2s",
        "log_parameter_max_length": "0",  # values may be personal data
        "log_parameter_max_length_on_error": "0",
    }


def _workers(server: PostgresServer) -> dict[str, str]:
    cores = os.cpu_count() or 1
    parallel = max(2, cores)
    values = {
        "max_worker_processes": str(8 + parallel),
        "max_parallel_workers": str(parallel),
        "max_parallel_workers_per_gather": str(max(1, parallel // 2)),
        "autovacuum_max_workers": "3",
    }
    if server.timescaledb:
        values |= {
            "shared_preload_libraries": "timescaledb",
            "timescaledb.telemetry_level": "off",
            "timescaledb.max_background_workers": "4",
        }
    return values
