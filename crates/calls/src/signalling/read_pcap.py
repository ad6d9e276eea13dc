"""Reads a capture of datagrams from its standard input, checks all its sums and lengths, and prints each: when, whence, whither, what."""

import ipaddress
import struct
import sys


def total(data):
    data += b"\0" * (len(data) % 2)
    words = sum(struct.unpack(f">{len(data) // 2}H", data))
    while words > 0xFFFF:
        words = (words & 0xFFFF) + (words >> 16)
    return words


sys.stdout.reconfigure(encoding="utf-8")
file = sys.stdin.buffer.read()
magic, major, minor, zone, figures, longest, link = struct.unpack_from("<IHHiIII", file)
assert (magic, major, minor, zone, figures, link) == (0xA1B2C3D4, 2, 4, 0, 0, 101)
at = 24
while at < len(file):
    seconds, micros, kept, length = struct.unpack_from("<IIII", file, at)
    packet = file[at + 16 : at + 16 + kept]
    assert len(packet) == kept == length <= longest
    at += 16 + kept
    if packet[0] >> 4 == 4:
        whole, protocol = struct.unpack_from(">H", packet, 2)[0], packet[9]
        assert packet[0] == 0x45 and whole == kept and total(packet[:20]) == 0xFFFF
        addresses, udp = packet[12:20], packet[20:]
    else:
        rest, protocol = struct.unpack_from(">HB", packet, 4)
        assert rest == kept - 40
        addresses, udp = packet[8:40], packet[40:]
    half = len(addresses) // 2
    source, destination = (ipaddress.ip_address(part) for part in (addresses[:half], addresses[half:]))
    names = [f"::ffff:{name.ipv4_mapped}" if getattr(name, "ipv4_mapped", None) else name for name in (source, destination)]
    ports = struct.unpack_from(">HH", udp)
    assert protocol == 17 and struct.unpack_from(">H", udp, 4)[0] == len(udp)
    assert total(addresses + struct.pack(">HH", 17, len(udp)) + udp) == 0xFFFF
    said = udp[8:].decode()
    first = said.split("\r\n")[0]
    print(f"{seconds}.{micros:06} {names[0]}:{ports[0]} {names[1]}:{ports[1]} {len(udp) - 8} {first}")
