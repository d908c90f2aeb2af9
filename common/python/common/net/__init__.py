"""Sockets, made in the order in which the system wants it. The mirror of common/src/net.

    address       from a name and a port to addresses, and how an address is written
    or_say        what a failed call means to a program: which address, and what to do
    tcp           a listening socket for servers, a connection for clients
    accept        Listener, whose accept survives a lack of descriptors
    exchange      a message sent over a connection, and its echo received
    conversation  a conversation with one client, in a thread of its own, and its end
    udp           whole datagrams, their senders, when they came, and time limits

The calls themselves stand in the programs, which see one module: what they need of these is here.
"""

from .accept import Listener
from .address import ready, resolve, shown
from .conversation import converse_in_thread, hang_up, wait_for_message
from .exchange import blocks, exchange, hung_up
from .or_say import MAX_DATAGRAM, no_answer, or_cannot_listen, or_no_answer, or_say, or_warn, shown_seconds, time_left
from .tcp import connect_tcp, first_of, listener
from .udp import BUFFER_SIZE, BoundSocket, answers_for, is_own, receive_answer, udp_client, udp_socket
