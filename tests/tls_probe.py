#!/usr/bin/env python3
"""What a TLS listener on this host speaks and refuses, by Debian's own OpenSSL: the part of testssl.sh that matters here.

    tls_probe.py all PORT NAME ROOT.pem PROTOCOL     everything; one line for each, exit code 1 if one is wrong
    tls_probe.py certificate PORT                    SHA-256 of the certificate that is shown

PROTOCOL is what is spoken inside: http/1.1 for people, mqtt for agents, who may not take a session up again.
"""
import hashlib
import re
import socket
import ssl
import subprocess
import sys
import warnings

warnings.simplefilter("ignore", DeprecationWarning)
HOST = "127.0.0.1"
failures = 0


def context(lowest, highest, ciphers=None):
    chosen = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    chosen.check_hostname = False
    chosen.verify_mode = ssl.CERT_NONE
    # Debian's defaults would refuse on our side what the other side must refuse.
    chosen.set_ciphers((ciphers or "ALL:COMPLEMENTOFALL") + ":@SECLEVEL=0")
    chosen.minimum_version = lowest
    chosen.maximum_version = highest
    return chosen


def shake(chosen, port, name=None):
    """The connection's version and cipher; None if it is refused."""
    with socket.create_connection((HOST, port), timeout=10) as plain:
        try:
            with chosen.wrap_socket(plain, server_hostname=name) as secured:
                return secured.version(), secured.cipher()[0]
        except (ssl.SSLError, ConnectionError):
            return None


def say(what, right, found):
    global failures
    failures += not right
    print(("ok     " if right else "WRONG  ") + what + ": " + str(found))


def protocols(port):
    versions = ssl.TLSVersion
    for version, expected in [
        (versions.TLSv1, None),
        (versions.TLSv1_1, None),
        (versions.TLSv1_2, "TLSv1.2"),
        (versions.TLSv1_3, "TLSv1.3"),
    ]:
        found = shake(context(version, version), port)
        say(version.name, (found and found[0]) == expected, found or "refused")


def ciphers(port):
    listed = subprocess.run(
        ["openssl", "ciphers", "-tls1_2", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"], capture_output=True, text=True, check=True
    )
    offered = [name for name in listed.stdout.strip().split(":") if not name.startswith("TLS_")]
    version = ssl.TLSVersion.TLSv1_2
    taken = []
    for name in offered:
        try:
            found = shake(context(version, version, name), port)
        except ssl.SSLError:
            continue
        if found:
            taken.append(name)

    def good(name):
        return name.startswith("ECDHE-") and ("-GCM-" in name or "CHACHA20" in name)

    say(f"forward-secret AEAD ciphers alone, of {len(offered)}", taken and all(map(good, taken)), " ".join(taken))


def names(port, name, root):
    trusting = ssl.create_default_context(cafile=root)
    for asked, expected in [(name, True), ("other.example.org", False)]:
        found = shake(trusting, port, asked)
        say(f"certificate for {asked}", bool(found) == expected, found or "not taken")
    found = shake(ssl.create_default_context(), port, name)
    say("certificate for whoever does not know its authority", not found, found or "not taken")


def application(port, protocol):
    chosen = context(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
    chosen.set_alpn_protocols(["h2", protocol])
    with socket.create_connection((HOST, port), timeout=10) as plain, chosen.wrap_socket(plain) as secured:
        say("what is spoken in it", secured.selected_alpn_protocol() == protocol, secured.selected_alpn_protocol())
        say("compression", secured.compression() is None, secured.compression() or "none")


def resumption(port):
    """A session that is taken up again would not show its client's certificate again."""
    version = ssl.TLSVersion.TLSv1_2
    chosen = context(version, version)
    with socket.create_connection((HOST, port), timeout=10) as plain, chosen.wrap_socket(plain) as secured:
        session = secured.session
    with socket.create_connection((HOST, port), timeout=10) as plain:
        with chosen.wrap_socket(plain, session=session) as secured:
            say("a session is not taken up again", not secured.session_reused, secured.session_reused)


def shown(port):
    """The certificate itself: its key, its signature, its life."""
    with socket.create_connection((HOST, port), timeout=10) as plain:
        with context(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3).wrap_socket(plain) as secured:
            der = secured.getpeercert(binary_form=True)

    def x509(*asked):
        return subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", *asked], input=der, capture_output=True)

    text = x509("-text").stdout.decode()
    key = re.search(r"Public-Key: \((\d+) bit\)", text)
    kind = re.search(r"Public Key Algorithm: (\S+)", text)
    strong = key and kind and int(key[1]) >= (256 if kind[1] == "id-ecPublicKey" else 2048)
    say("key of the certificate", strong, f"{kind and kind[1]} {key and key[1]}")
    signed = re.search(r"Signature Algorithm: (\S+)", text)
    say("signature of the certificate", signed and re.search(r"sha(256|384|512)", signed[1], re.I), signed and signed[1])
    say("certificate holds now", x509("-checkend", "0").returncode == 0, x509("-enddate").stdout.decode().strip())
    say("certificate signs no others", "CA:TRUE" not in text, "CA:TRUE" if "CA:TRUE" in text else "right")
    usable = "TLS Web Server Authentication" in text or "Extended Key Usage" not in text
    say("certificate is for servers", usable, "yes" if usable else "no")


def renegotiation(port):
    """The client asks for another handshake within the first: it has to fail."""
    asked = subprocess.run(
        ["openssl", "s_client", "-tls1_2", "-connect", f"{HOST}:{port}"],
        input="R\n", capture_output=True, text=True, timeout=30,
    )
    said = asked.stdout + asked.stderr
    refused = "RENEGOTIATING" in said and ("no renegotiation" in said or "alert" in said or "error" in said)
    say("renegotiation", refused and asked.returncode != 0, "refused" if refused else said[-400:])


def certificate(port):
    with socket.create_connection((HOST, port), timeout=10) as plain:
        with context(ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3).wrap_socket(plain) as secured:
            print(hashlib.sha256(secured.getpeercert(binary_form=True)).hexdigest())


if sys.argv[1] == "certificate":
    certificate(int(sys.argv[2]))
else:
    at, called, authority, spoken = int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5]
    protocols(at)
    ciphers(at)
    shown(at)
    names(at, called, authority)
    application(at, spoken)
    if spoken == "mqtt":
        resumption(at)
    renegotiation(at)
sys.exit(failures > 0)
