"""AWS for one cloud: moto, the wire, the clock and the services, started together and forgotten together."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import datetime
from functools import cache
from types import TracebackType
from typing import Any

import boto3
import botocore.loaders
import botocore.session
from botocore.config import Config
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_api._internal import mock_random

from kairos.local.agenda import Agenda
from kairos.local.build_data import LAZY, data_builders
from kairos.local.build_functions import function_builders
from kairos.local.build_messages import message_builders
from kairos.local.clock import VirtualClock
from kairos.local.lambdas import Lambdas
from kairos.local.logs import LogLine
from kairos.local.parts import Parts
from kairos.local.stack import Builder
from kairos.local.wire import Wire, connect

DEFAULT_REGION = "ap-northeast-2"
# Reading and merging service descriptions is most of what a client costs; they do not change.
_LOADER = botocore.loaders.create_loader()
_SEED = 20_260_301


@cache
def _session(region: str) -> Any:
    """Return the process's session for a Region. It keeps nothing of a cloud, so that the next may have it too."""
    return boto3.Session(aws_access_key_id="ASIALOCALLOCALLOCAL1", aws_secret_access_key="local", region_name=region)


@cache
def _client(region: str, service: str) -> Any:
    config = Config(account_id_endpoint_mode="disabled", retries={"total_max_attempts": 1})
    return _session(region).client(service, config=config)


class Aws:
    """Everything of AWS that a stack stands on."""

    def __init__(self, start: datetime, region: str, public_url: str | None, log: Callable[[LogLine], None]) -> None:
        self.account, self.region = DEFAULT_ACCOUNT_ID, region
        self.clock = VirtualClock(start)
        self._public_url, self._log = public_url, log
        self._exit = ExitStack()

    def __enter__(self) -> Aws:
        self._exit.enter_context(_environment(self.region))
        self._exit.enter_context(_shared_descriptions())
        self._exit.enter_context(mock_aws())
        mock_random.seed(_SEED)
        self.clock.start()
        self._exit.callback(self.clock.stop)
        agenda, wire = Agenda(), Wire(self.clock.now)
        connect(wire, self.client)
        self._exit.callback(connect, None)
        self.session: Any = _session(self.region)
        lambdas = Lambdas(wire, agenda, self.region, self._log)
        self.parts = Parts(
            self.account, self.region, self.clock.now, wire, agenda, lambdas, self.client, self._public_url
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    def client(self, service: str) -> Any:
        """Return a client of this cloud's session, made once."""
        return _client(self.region, service)

    def builders(self) -> tuple[Mapping[str, Builder], Mapping[str, tuple[str, ...]]]:
        """Return the builder of each type, and which properties of some types are looked at."""
        return {**data_builders(self.parts), **message_builders(self.parts), **function_builders(self.parts)}, LAZY

    def moto_tables(self) -> Mapping[str, Any]:
        """Return moto's tables by name."""
        from moto.dynamodb.models import dynamodb_backends

        tables: Mapping[str, Any] = dynamodb_backends[self.account][self.region].tables
        return tables

    def publish_outputs(self, stack: str, outputs: Mapping[str, str]) -> None:
        """Let CloudFormation know the stack and its outputs: this is where tools look for names."""
        body = {
            "Resources": {},
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }
        self.client("cloudformation").create_stack(StackName=stack, TemplateBody=json.dumps(body))


class _shared_descriptions:  # noqa: N801  a context manager, used like a function
    """Let every session of the process read AWS's service descriptions through one loader."""

    def __enter__(self) -> None:
        self._kept = botocore.session.create_loader
        botocore.session.create_loader = lambda *_: _LOADER

    def __exit__(self, *_: object) -> None:
        botocore.session.create_loader = self._kept


class _environment:  # noqa: N801  a context manager, used like a function
    """Let no profile, role or endpoint of the machine reach the clients of this process."""

    def __init__(self, region: str) -> None:
        self._ours = {
            "AWS_DEFAULT_REGION": region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def __enter__(self) -> None:
        self._kept = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
        for name in self._kept:
            del os.environ[name]
        os.environ.update(self._ours)

    def __exit__(self, *_: object) -> None:
        for name in self._ours:
            os.environ.pop(name, None)
        os.environ.update(self._kept)
