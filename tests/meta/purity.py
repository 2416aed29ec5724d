#!/usr/bin/env python3
"""The pure rooms refer to no clock, socket, thread, random number, file, environment, curl, SQLite or Asio.

Reads the undefined symbols of static libraries, so that it sees what the compiler saw: also what a header drags in.
Usage: purity.py ARCHIVE...
"""

import re
import subprocess
import sys

import source

FAMILIES = {
    "clock": r"clock_gettime|clock_nanosleep|clock|gettimeofday|time|nanosleep|usleep|sleep|localtime(_r)?|tzset|timerfd_\w+"
    r"|std::chrono::.*::now\(\)|std::this_thread::.*",
    "socket": r"socket|connect|bind|listen|accept4?|send(to|msg)?|recv(from|msg)?|poll|ppoll|select|epoll_\w+|getaddrinfo|SSL_\w+",
    "thread": r"(__)?pthread_\w+|std::thread::.*|std::(mutex|condition_variable|__future_base|__once_call)\b.*|sem_\w+",
    "random": r"rand|srand|rand_r|random|[dlm]rand48|getrandom|getentropy|arc4random\w*|std::random_device::.*|RAND_\w+",
    "file": r"open(at)?(64)?|creat(64)?|f?(re)?open(64)?|fdopen|read|write|p(read|write)v?(64)?|readv|writev|close|fsync|fdatasync|f?truncate(64)?"
    r"|f(read|write|close|flush|puts|putc|getc|gets|seeko?|printf|scanf)|v?f?printf|puts|putchar|stdin|stdout|stderr|perror"
    r"|unlink(at)?|rename(at)?|mkdir(at)?|l?f?stat(64)?|mmap(64)?|std::(__cxx11::)?basic_(i|o)?f(stream|ilebuf)<.*|std::__basic_file<.*"
    r"|std::(w)?(cin|cout|cerr|clog)|std::ios_base::Init::.*|std::filesystem::.*",
    "process": r"getenv|secure_getenv|environ|getpid|fork|vfork|exec\w+|posix_spawnp?|system|popen|kill|raise|signal|sigaction",
    "library": r"curl_\w+|sqlite3_\w+|asio::.*|websocketpp::.*",
}
FORBIDDEN = [(family, re.compile(pattern)) for family, pattern in FAMILIES.items()]
# A failed check prints one line and aborts: the one place of lib/base that may.
ALLOWED = {"check.cc.o": {"fprintf", "stderr"}}


def undefined(archive):
    """(member, symbol) of every undefined symbol."""
    out = subprocess.run(["nm", "-C", "--undefined-only", archive], capture_output=True, text=True, check=True).stdout
    member = ""
    for line in out.splitlines():
        if line.endswith(":"):
            member = line[:-1]
        elif " U " in line or " w " in line:
            yield member, re.split(r" [Uw] ", line, maxsplit=1)[1]


def violations(archive):
    found = []
    for member, symbol in undefined(archive):
        plain = re.sub(r"@.*$", "", symbol)  # without the version
        plain = re.sub(r"^__(?:isoc99_)?(\w+?)(?:_chk|_2)$", r"\1", plain)  # fortified forms
        if plain in ALLOWED.get(member, ()):
            continue
        for family, pattern in FORBIDDEN:
            if pattern.fullmatch(plain):
                found.append(f"{archive}({member}): {symbol} ({family})")
    return found


if __name__ == "__main__":
    bad = [v for archive in sys.argv[1:] for v in violations(archive)]
    sys.exit(source.report(bad, "Time and randomness arrive in events; the shell (lib/app) does the rest."))
