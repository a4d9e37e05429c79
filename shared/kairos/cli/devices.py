"""Apps and phones as SNS knows them, where an operator may change them: an application for each push service, called
after the stage, and in it an endpoint for each phone."""

from __future__ import annotations

from collections.abc import Mapping

from botocore.exceptions import ClientError

from kairos.channels.push import MISSING, PLATFORMS, Endpoints
from kairos.domain.errors import Gone, Throttled


class SnsDevices:
    """Devices."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints

    def put(self, service: str, attributes: Mapping[str, str]) -> None:
        platform = PLATFORMS[service]
        arn = self._endpoints.applications.replace("{platform}", platform)
        client = self._endpoints.client
        # Of an application that is there already, creating it again would refuse other credentials.
        try:
            client.set_platform_application_attributes(PlatformApplicationArn=arn, Attributes=dict(attributes))
        except ClientError as error:
            if error.response["Error"]["Code"] not in MISSING:
                raise
            client.create_platform_application(
                Name=arn.rpartition("/")[2], Platform=platform, Attributes=dict(attributes)
            )

    def forget(self, address: str) -> None:
        try:
            self._endpoints.drop(address)
        except Gone:
            return  # it never was a token: nothing was made for it
        except Throttled as error:
            if error.reason not in MISSING:
                raise
        except ClientError as error:
            if error.response["Error"]["Code"] not in MISSING:
                raise
