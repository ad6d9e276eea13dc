#!/usr/bin/env python3
"""The browser that programs open: in it Ada is signed in by a link, and agrees to whatever she is asked.

It returns at once, as a browser does that is open already: some programs answer nobody before they have started it. It has
nothing but Python's own library, since it is started from other environments than that of the tests.
"""

import json
import os
import subprocess
import sys
from http.cookiejar import CookieJar
from urllib.parse import parse_qs, urlsplit
from urllib.request import HTTPCookieProcessor, Request, build_opener

URL = "https://meet.google.com"
ADA = "ada@example.org"


def main(address):
    browser = build_opener(HTTPCookieProcessor(CookieJar()))

    def post(path, body):
        headers = {"content-type": "application/json", "origin": URL}
        with browser.open(Request(URL + path, json.dumps(body).encode(), headers), timeout=30) as answer:
            return json.load(answer)

    command = [os.environ["TESTBED_SEDERUNT"], "user", "link", ADA, "--data", os.environ["TESTBED_DATA"]]
    link = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    post("/sederunt/v1/webSession", {"secret": link.strip().split("#")[1]})
    # The program's address leads to the page that asks, wherever it begins.
    with browser.open(Request(address, headers={"accept": "text/html"}), timeout=30) as page:
        arrived = urlsplit(page.url)
    assert f"{arrived.scheme}://{arrived.netloc}{arrived.path}" == f"{URL}/consent", page.url
    asked = parse_qs(arrived.query)["request"][0]
    back = post("/oauth2/consent", {"request": asked, "approve": True})["redirect"]
    browser.open(back, timeout=30).close()


if os.fork() == 0:
    main(sys.argv[1])
