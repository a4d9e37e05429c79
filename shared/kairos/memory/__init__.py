"""The ports of `kairos.app.ports` in dictionaries: what simulations run on and tests need instead of AWS.

One file each, under the name it has in `kairos.aws`. They keep the promises that `kairos.aws` keeps, held to the same
suite (tests/contracts), except the ones only a real service can break: nothing here is ever Unavailable, and an item is
never TooLarge, because nothing is serialised. Attributes without an underscore are there to be looked at by a test or a
simulation.
"""

from kairos.memory.alarms import MemoryAlarms
from kairos.memory.archive import MemoryArchive
from kairos.memory.board import MemoryBoard
from kairos.memory.clock import MemoryClock
from kairos.memory.complaints import MemoryComplaints
from kairos.memory.connections import MemoryConnections
from kairos.memory.consents import MemoryConsents
from kairos.memory.contacts import MemoryContacts
from kairos.memory.coupons import MemoryCoupons
from kairos.memory.cursor import MemoryCursor
from kairos.memory.customer_scan import MemoryCustomerScan
from kairos.memory.customers import MemoryCustomers, Stream
from kairos.memory.drafts import MemoryDrafts
from kairos.memory.heard_of import MemoryHeardOf
from kairos.memory.hints import MemoryHints
from kairos.memory.identities import MemoryIdentities
from kairos.memory.inbox import DEDUPLICATION, MemoryInbox
from kairos.memory.insights import MemoryInsights
from kairos.memory.ledger import LEDGER_FINAL, MemoryLedger
from kairos.memory.outbox import MemoryOutbox
from kairos.memory.parking import MemoryParking
from kairos.memory.products import MemoryProducts
from kairos.memory.receiver_states import MemoryReceiverStates
from kairos.memory.releases import MemoryReleases
from kairos.memory.rounds import MemoryRounds
from kairos.memory.suppression_scan import MemorySuppressionScan
from kairos.memory.suppressions import MemorySuppressions
from kairos.memory.sync_states import MemorySyncStates
from kairos.memory.tokens import MemorySendTokens
from kairos.memory.traces import MemoryTraces
from kairos.memory.walks import MemoryWalks

__all__ = [
    "DEDUPLICATION",
    "LEDGER_FINAL",
    "MemoryAlarms",
    "MemoryArchive",
    "MemoryBoard",
    "MemoryClock",
    "MemoryComplaints",
    "MemoryConnections",
    "MemoryConsents",
    "MemoryContacts",
    "MemoryCoupons",
    "MemoryCursor",
    "MemoryCustomerScan",
    "MemoryCustomers",
    "MemoryDrafts",
    "MemoryHeardOf",
    "MemoryHints",
    "MemoryIdentities",
    "MemoryInbox",
    "MemoryInsights",
    "MemoryLedger",
    "MemoryOutbox",
    "MemoryParking",
    "MemoryProducts",
    "MemoryReceiverStates",
    "MemoryReleases",
    "MemoryRounds",
    "MemorySendTokens",
    "MemorySuppressionScan",
    "MemorySuppressions",
    "MemorySyncStates",
    "MemoryTraces",
    "MemoryWalks",
    "Stream",
]
