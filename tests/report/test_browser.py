"""The page in a real browser: chromium (scripts/install_chromium.sh), driven by selenium."""

import chromium
import pytest
from report_runs import LINES, line, made, score
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from ms_gan import report

pytestmark = chromium.needed
WIDE, NARROW = (1000, 900), (360, 740)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    opened = chromium.opened(
        tmp_path_factory.mktemp("chromium"), tmp_path_factory.mktemp("downloads")
    )
    yield opened
    opened.quit()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The report of one run, with all that a report can have, and a comparison of two."""
    folder = tmp_path_factory.mktemp("pages")
    scored = [score(100, 0.1), score(200, 0.3)]
    long = {"a_name_that_is_much_longer_than_any_phone_is_wide_" * 3: "x/y" * 200}
    one = made(folder / "0000-faces", [*LINES, *scored], steps=range(0, 201, 20), **long)
    (one / "best-generator.ckpt").write_bytes(b"")
    slow = [line(step, loss_g=1.0, loss_d=2.0, seconds=2.0 * step) for step in (1, 100)]
    two = made(folder / "0001-faces", slow, steps=(0, 30, 100), lr="</script><b>bold</b>")
    report.write([one], folder / "one.html")
    report.write([one, two], folder / "two.html")
    return {"one": folder / "one.html", "two": folder / "two.html"}


@pytest.fixture(params=["one", "two"])
def page(request, browser, pages):
    return show(browser, pages[request.param])


@pytest.fixture
def one(browser, pages):
    return show(browser, pages["one"])


@pytest.fixture
def two(browser, pages):
    return show(browser, pages["two"])


def show(browser, file, size=WIDE, scheme="light"):
    """Open a page anew, in a window of this size and in this colour scheme."""
    metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    feature = {"name": "prefers-color-scheme", "value": scheme}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    browser.get(file.as_uri())
    return browser


def slider(page):
    return page.find_element(By.CSS_SELECTOR, "input[type=range]")


def sources(page):
    """The pictures of the samples: the first figures that the slider changes."""
    return [each.get_attribute("src") for each in page.find_elements(By.CSS_SELECTOR, "figure img")]


def captions(page):
    return [each.text for each in page.find_elements(By.CSS_SELECTOR, "figcaption")]


def button(page, text):
    return page.find_element(By.XPATH, f"//button[.='{text}']")


def test_there_is_no_error_and_nothing_is_fetched(page):
    for text in ("Play", "by time", "by step"):
        button(page, text).click()
    assert page.get_log("browser") == []
    fetched = "return performance.getEntriesByType('resource').map((each) => each.name)"
    assert [name for name in page.execute_script(fetched) if not name.startswith("data:")] == []


def test_every_picture_has_a_text_and_can_be_seen(page):
    images = page.find_elements(By.TAG_NAME, "img")
    assert len(images) >= 2
    for image in images:
        assert image.get_attribute("alt")
        assert page.execute_script("return arguments[0].naturalWidth", image) == 40
    for plot in page.find_elements(By.CSS_SELECTOR, ".plot > svg"):
        assert plot.get_attribute("aria-label")
        assert plot.find_elements(By.CSS_SELECTOR, "path.curve")


def test_the_slider_begins_at_the_end_and_arrow_keys_move_it(one):
    last = sources(one)[0]
    assert captions(one)[0] == "Generated: step 200, after 2 min"
    slider(one).send_keys(Keys.ARROW_LEFT)
    assert captions(one)[0] == "Generated: step 180, after 2 min"
    assert sources(one)[0] != last
    slider(one).send_keys(Keys.ARROW_RIGHT)
    assert sources(one)[0] == last
    slider(one).send_keys(Keys.HOME)
    assert captions(one)[0] == "Generated: step 0, after 0 s"
    assert slider(one).get_attribute("aria-valuetext") == "step 0"


def test_play_begins_anew_at_the_end_and_can_be_paused(one):
    one.execute_script("window.setInterval = (next) => {window.next = next; return 1}")
    button(one, "Play").click()
    assert captions(one)[0].startswith("Generated: step 0,")
    one.execute_script("next(); next(); next()")
    assert captions(one)[0].startswith("Generated: step 60,")
    button(one, "Pause").click()
    assert button(one, "Play").is_displayed()
    assert captions(one)[0].startswith("Generated: step 60,")


def test_play_goes_on_to_the_end_and_stops(one):
    slider(one).send_keys(*[Keys.ARROW_LEFT] * 3)
    assert captions(one)[0].startswith("Generated: step 140,")
    button(one, "Play").click()
    WebDriverWait(one, 20, 0.05).until(lambda page: "step 200," in captions(page)[0])
    assert button(one, "Play").is_displayed()


def test_equal_steps_and_equal_seconds(two):
    assert captions(two)[:2] == [
        "0000-faces: step 200, after 2 min",
        "0001-faces: step 100, after 3 min, its last",
    ]
    slider(two).send_keys(Keys.HOME, *[Keys.ARROW_RIGHT] * 3)  # 0, 20, 30, 40
    assert [text.split(",")[0] for text in captions(two)[:2]] == [
        "0000-faces: step 40",
        "0001-faces: step 30",
    ]
    button(two, "by time").click()
    slider(two).send_keys(Keys.HOME, *[Keys.ARROW_RIGHT] * 6)  # 0, 10, 20, ..., 60 seconds
    assert [text.split(",")[0] for text in captions(two)[:2]] == [
        "0000-faces: step 120",
        "0001-faces: step 30",
    ]


def test_commands_have_buttons_that_copy(one):
    buttons = one.find_elements(By.CSS_SELECTOR, "button.copy")
    commands = one.find_elements(By.TAG_NAME, "code")
    assert len(buttons) == len(commands) == 4
    for each, command in zip(buttons, commands):
        copied = "window.copied = null; navigator.clipboard.writeText = (text) => {copied = text}"
        one.execute_script(copied)
        each.click()
        assert one.execute_script("return window.copied") == command.text
    WebDriverWait(one, 5, 0.05).until(lambda page: buttons[-1].text == "Copied")


def test_a_name_in_the_legend_hides_its_curve(one):
    plot = one.find_element(By.CSS_SELECTOR, ".plot")
    curves = len(plot.find_elements(By.CSS_SELECTOR, "path.curve"))
    plot.find_element(By.CSS_SELECTOR, ".legend button").click()
    assert len(plot.find_elements(By.CSS_SELECTOR, "path.curve")) == curves - 1


def test_the_pointer_tells_values_and_dragging_zooms(one):
    plot = one.find_element(By.CSS_SELECTOR, ".plot")
    chart = plot.find_element(By.CSS_SELECTOR, ".plot > svg")
    one.execute_script("arguments[0].scrollIntoView({block: 'center'})", chart)
    ActionChains(one, duration=20).move_to_element(chart).perform()
    told = plot.find_element(By.CSS_SELECTOR, ".values").text
    assert "step 100" in told and "generator 2" in told
    before = chart.find_element(By.CSS_SELECTOR, "path.curve").get_attribute("d")
    ActionChains(one, duration=20).click_and_hold(chart).move_by_offset(80, 0).release().perform()
    assert chart.find_element(By.CSS_SELECTOR, "path.curve").get_attribute("d") != before
    assert plot.find_element(By.XPATH, ".//button[.='Reset zoom']").is_displayed()
    ActionChains(one, duration=20).double_click(chart).perform()
    assert chart.find_element(By.CSS_SELECTOR, "path.curve").get_attribute("d") == before


def test_options_are_texts(two):
    assert "</script><b>bold</b>" in two.find_element(By.TAG_NAME, "table").text + "".join(
        cell.text for cell in two.find_elements(By.TAG_NAME, "td")
    )
    assert two.find_elements(By.TAG_NAME, "b") == []


@pytest.mark.parametrize("name", ["one", "two"])
def test_a_narrow_screen_has_no_sideways_scrolling(browser, pages, name):
    page = show(browser, pages[name], NARROW)
    assert page.execute_script("return innerWidth") == 360
    script = "const root = document.documentElement; return root.scrollWidth - root.clientWidth"
    assert page.execute_script(script) == 0


@pytest.mark.parametrize("scheme, bright", [("light", True), ("dark", False)])
def test_colours_follow_the_scheme_and_can_be_read(browser, pages, scheme, bright):
    page = show(browser, pages["one"], scheme=scheme)
    back = luminance(page, "body", "background-color")
    assert (back > 0.8) if bright else (back < 0.05)
    for selector in ("body", "p.quiet", "figcaption", "dt", "code", "button"):
        text = luminance(page, selector, "color")
        high, low = max(text, back), min(text, back)
        assert (high + 0.05) / (low + 0.05) > 4.5, selector  # WCAG's AA


def luminance(page, selector, name):
    """The relative luminance of a colour, as WCAG defines it."""
    value = page.find_element(By.CSS_SELECTOR, selector).value_of_css_property(name)
    channels = [float(part) / 255 for part in value.split("(")[1].split(")")[0].split(",")[:3]]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
