#!/usr/bin/env python3
"""Reads each PDU that Plenum wrote with python-gsmmodem-new and with smspdudecoder, and answers with what python-gsmmodem-new writes for the same
text, turned into what a network delivers. A line of JSON in, a line out."""

import io
import json
import sys

from gsmmodem import pdu as gsmmodem
from smspdudecoder.fields import SMSSubmit

# Its one letter that is not the standard's (6.2.1: 0x5F).
gsmmodem.GSM7_BASIC = gsmmodem.GSM7_BASIC.replace("`", "§")


def joined_by_gsmmodem(question):
    text, total = "", len(question["pdus"])
    for number, (pdu, length) in enumerate(zip(question["pdus"], question["lengths"]), 1):
        assert len(pdu) // 2 - 1 == length, "the length for +CMGS"
        read = gsmmodem.decodeSmsPdu(pdu)
        assert read["type"] == "SMS-SUBMIT", read
        assert read["number"] == question["number"], read
        if total > 1:
            joins = [part for part in read["udh"] if isinstance(part, gsmmodem.Concatenation)]
            assert (joins[0].parts, joins[0].number) == (total, number), read
        # It gives UTF-16's pairs as two characters.
        text += read["text"].encode("utf-16", "surrogatepass").decode("utf-16")
    return text


def joined_by_smspdudecoder(question):
    text = ""
    for pdu in question["pdus"]:
        text += SMSSubmit.decode(io.StringIO(pdu))["user_data"]["data"]
    return text


def readers(question):
    """smspdudecoder counts characters where the standard counts septets: it errs behind an escape and behind a header that looks like one."""
    yield joined_by_gsmmodem
    is_wide = any(letter not in gsmmodem.GSM7_BASIC and letter not in gsmmodem.GSM7_EXTENDED for letter in question["text"])
    has_escape = any(letter in gsmmodem.GSM7_EXTENDED for letter in question["text"])
    if is_wide or not has_escape and len(question["pdus"]) == 1:
        yield joined_by_smspdudecoder


def delivered(submit):
    """The network's part: from an SMS-SUBMIT to the SMS-DELIVER of the same user data."""
    submit = bytearray(submit)
    at = 1 + submit[0]
    first = submit[at]
    digits = submit[at + 2]
    address = submit[at + 2:at + 4 + (digits + 1) // 2]
    at += 2 + len(address)
    protocol_and_coding = submit[at:at + 2]
    at += 2 + (1 if first & 0x18 == 0x10 else 7 if first & 0x18 == 0x18 else 0)
    stamp = bytes.fromhex("62801132210080")
    return (bytes([0, 0x04 | first & 0x40]) + address + protocol_and_coding + stamp + submit[at:]).hex().upper()


for line in sys.stdin:
    question = json.loads(line)
    answer = {"wrong": None}
    try:
        for reader in readers(question):
            read = reader(question)
            expected = question["text"]
            # Its code is 0, and python-gsmmodem-new takes one that ends a message for padding.
            if reader is joined_by_gsmmodem and "@" in expected:
                read, expected = read.replace("@", ""), expected.replace("@", "")
            if read != expected:
                answer["wrong"] = f"{reader.__name__}: {read!r}"
    except Exception as error:
        answer["wrong"] = f"{type(error).__name__}: {error}"
    # It cannot write what lies beyond UTF-16's single units.
    if max(map(ord, question["text"]), default=0) > 0xFFFF:
        print(json.dumps(answer | {"pdus": None}))
        continue
    theirs = gsmmodem.encodeSmsSubmitPdu(question["number"], question["text"], reference=7)
    answer["pdus"] = [delivered(pdu.data) for pdu in theirs]
    print(json.dumps(answer))
