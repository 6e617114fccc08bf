# SPDX-License-Identifier: Apache-2.0
"""Protobuf wire format, as far as iq.proto needs it: messages are dicts.

The descriptors are read from proto/iq.proto itself, so that tests follow the protocol.
"""

import re

SCALARS = {"string", "bytes", "bool", "uint32", "uint64"}

NUMBERS = ("uint32", "uint64", "int32", "int64")


class Field:
    def __init__(self, number, name, type_, repeated):
        self.number, self.name, self.type, self.repeated = number, name, type_, repeated


class Schema:
    def __init__(self, path):
        with open(path, encoding="utf-8") as f:
            text = re.sub(r"//[^\n]*", "", f.read())
        self.enums, self.messages = {}, {}
        for name, body in re.findall(r"\benum\s+(\w+)\s*\{([^}]*)\}", text):
            self.enums[name] = dict(
                (k, int(v)) for k, v in re.findall(r"(\w+)\s*=\s*(\d+)", body))
        pattern = r"\bmessage\s+(\w+)\s*\{((?:[^{}]|\{[^{}]*\})*)\}"
        for name, body in re.findall(pattern, text):
            fields = re.findall(r"(repeated\s+)?(\w+)\s+(\w+)\s*=\s*(\d+)\s*;", body)
            self.messages[name] = [Field(int(n), f, t, bool(r)) for r, t, f, n in fields]

    def field(self, message, name):
        for f in self.messages[message]:
            if f.name == name:
                return f
        raise KeyError(f"{message}.{name}")

    def encode(self, message, value):
        out = bytearray()
        for name, v in value.items():
            f = self.field(message, name)
            for item in v if f.repeated else [v]:
                out += self.encode_field(f, item)
        return bytes(out)

    def encode_field(self, f, v):
        if f.type in self.messages:
            return length_delimited(f.number, self.encode(f.type, v))
        if f.type == "string":
            return length_delimited(f.number, v.encode("utf-8"))
        if f.type == "bytes":
            return length_delimited(f.number, v)
        if f.type in self.enums and isinstance(v, str):
            v = self.enums[f.type][v]
        return varint(f.number << 3) + varint(int(v))

    def decode(self, message, data):
        """Every field is present in the result: repeated as list, absent messages as None."""
        out = {}
        by_number = {}
        for f in self.messages[message]:
            by_number[f.number] = f
            out[f.name] = [] if f.repeated else self.default(f)
        pos = 0
        while pos < len(data):
            key, pos = read_varint(data, pos)
            f = by_number.get(key >> 3)
            if key & 7 == 0:
                v, pos = read_varint(data, pos)
            elif key & 7 == 2:
                n, pos = read_varint(data, pos)
                if pos + n > len(data):
                    raise ValueError("truncated field")
                v, pos = data[pos:pos + n], pos + n
            else:
                raise ValueError(f"wire type {key & 7} in {message}")
            if f is None:
                raise ValueError(f"unknown field {key >> 3} in {message}")
            if f.repeated and key & 7 == 2 and f.type in NUMBERS:  # packed
                while v:
                    number, n = read_varint(v, 0)
                    out[f.name].append(number)
                    v = v[n:]
                continue
            v = self.convert(f, v)
            if f.repeated:
                out[f.name].append(v)
            else:
                out[f.name] = v
        return out

    def default(self, f):
        if f.type in self.messages:
            return None
        return {"string": "", "bytes": b"", "bool": False}.get(f.type, 0)

    def convert(self, f, v):
        if f.type in self.messages:
            return self.decode(f.type, v)
        if f.type == "string":
            return v.decode("utf-8")
        return bool(v) if f.type == "bool" else v


def varint(v):
    out = bytearray()
    while v > 0x7F:
        out.append(v & 0x7F | 0x80)
        v >>= 7
    out.append(v)
    return bytes(out)


def read_varint(data, pos):
    v = shift = 0
    while True:
        if pos >= len(data):
            raise ValueError("truncated varint")
        v |= (data[pos] & 0x7F) << shift
        shift += 7
        pos += 1
        if not data[pos - 1] & 0x80:
            return v, pos


def length_delimited(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def frame(body):
    return len(body).to_bytes(4, "big") + body
