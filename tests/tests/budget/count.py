"""Counts what leaves by a link of this host while a command runs, by the kernel's own clock.

count.py LINK COMMAND...: how many frames that this host began itself the busiest second held, and
how many of those to a group; how many there were in all; how often the kernel asked by ARP, which no
program can hold back; then what the busiest second was made of.
"""

import socket
import struct
import subprocess
import sys
import threading

OUTGOING = 4  # PACKET_OUTGOING, packet(7)
SO_TIMESTAMPNS = 35
SECOND = 1_000_000_000
# An ARP request as a kernel sends it; pontoon's own are padded and carry the token of the run.
KERNEL_ARP_BYTES = 42


def is_own(frame, is_outgoing, begun):
    """Whether a frame is one that this host began: None for one that it answers, or hears."""
    kind = struct.unpack("!H", frame[12:14])[0]
    if kind == 0x0806:
        return is_outgoing and frame[20:22] == b"\0\1" and len(frame) > KERNEL_ARP_BYTES
    if kind != 0x0800:
        return False
    header = 14 + (frame[14] & 15) * 4
    protocol, ends = frame[23], (frame[26:30], frame[30:34])
    if protocol == 1:
        return is_outgoing and frame[header] == 8
    ports = struct.unpack("!HH", frame[header : header + 4])
    flow = (protocol, *sorted(zip(ends, ports)))
    # The sender of the first packet opened the connection.
    return begun.setdefault(flow, is_outgoing) and is_outgoing


def name(frame):
    """What a frame is, in a word."""
    if frame[12:14] == b"\x08\x06":
        return "arp"
    header = 14 + (frame[14] & 15) * 4
    if frame[23] == 1:
        return "echo"
    port = struct.unpack("!H", frame[header + 2 : header + 4])[0]
    return f"tcp:{port}:{frame[header + 13]:02x}" if frame[23] == 6 else f"udp:{port}"


def busiest(frames):
    """The most of these frames that left within one second."""
    first, most = 0, []
    for last, (time, _) in enumerate(frames):
        while frames[first][0] <= time - SECOND:
            first += 1
        if last - first + 1 > len(most):
            most = frames[first : last + 1]
    return most


link, command = sys.argv[1], sys.argv[2:]
tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
tap.bind((link, 0))
tap.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
tap.settimeout(0.2)
over = threading.Event()
own, kernel_arp, begun = [], [], {}


def listen():
    while True:
        try:
            frame, told, _, where = tap.recvmsg(2048, 64)
        except TimeoutError:
            if over.is_set():
                return
            continue
        time = next(struct.unpack("qq", data[:16]) for _, kind, data in told if kind == SO_TIMESTAMPNS)
        time = time[0] * SECOND + time[1]
        is_outgoing = where[2] == OUTGOING
        if is_own(frame, is_outgoing, begun):
            own.append((time, frame))
        elif is_outgoing and frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\1":
            kernel_arp.append(time)


ear = threading.Thread(target=listen)
ear.start()
subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
over.set()
ear.join()
own.sort(key=lambda seen: seen[0])
most = busiest(own)
groups = busiest([seen for seen in own if seen[1][0] & 1])
print(len(most), len(groups), len(own), len(kernel_arp))
print(*(f"{(time - most[0][0]) // 1_000_000}ms:{name(frame)}" for time, frame in most))
