"""Chromium (scripts/install_chromium.sh), driven by selenium. Tests that import this are skipped
where either isn't there.
"""

import shutil

import pytest

webdriver = pytest.importorskip(
    "selenium.webdriver", reason="selenium isn't installed: tests/requirements.txt has it"
)
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
needed = pytest.mark.skipif(
    not (CHROMIUM and DRIVER),
    reason="chromium or chromedriver isn't there: scripts/install_chromium.sh installs them",
)
SWITCHES = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--window-size=1000,900"),
)


def opened(profile, downloads):
    """A browser that keeps its own files, and what it downloads, in these folders."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for switch in (*SWITCHES, f"--user-data-dir={profile}"):
        options.add_argument(switch)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
