"""The page in a real browser: chromium (scripts/install_chromium.sh), driven by selenium."""

import base64
import io

import chromium
import numpy as np
import pytest
from PIL import Image
from play_stubs import StubTranslations, serving
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from ms_gan import load, pretrained
from ms_gan.play.studio import open_studio

pytestmark = chromium.needed


@pytest.fixture(scope="module")
def downloads(tmp_path_factory):
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="module")
def browser(tmp_path_factory, downloads):
    opened = chromium.opened(tmp_path_factory.mktemp("chromium"), downloads)
    yield opened
    opened.quit()


@pytest.fixture(scope="module")
def generator():
    return load(pretrained.DEFAULT, "CPU")


@pytest.fixture(scope="module")
def faces():
    studio = open_studio(pretrained.DEFAULT, "CPU", 0)
    studio.warm_up()
    with serving(studio) as server:
        yield server


@pytest.fixture
def page(browser, faces):
    browser.get(faces.address)
    wait(browser, lambda: source(browser))
    return browser


@pytest.fixture(scope="module")
def translator():
    with serving(StubTranslations()) as server:
        yield server


@pytest.fixture
def translating(browser, translator):
    browser.get(translator.address)
    wait(browser, lambda: by_id(browser, "translations").is_displayed())
    return browser


def wait(browser, until):
    return WebDriverWait(browser, 20, 0.02).until(lambda _: until())


def by_id(page, name):
    return page.find_element(By.ID, name)


def button(page, text):
    return page.find_element(By.XPATH, f"//button[.='{text}']")


def source(page, name="large"):
    return by_id(page, name).get_attribute("src")


def caption(page):
    return by_id(page, "caption").text


def pixels(page, name="large"):
    """What the page shows, decoded."""
    content = base64.b64decode(source(page, name).partition(",")[2])
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image)


def saved(page, folder, text, name):
    """Click a button that saves a file, and give the file."""
    button(page, text).click()
    wait(page, (folder / name).is_file)
    return folder / name


def pick(page, index):
    """Pick the image at an index of the grid."""
    page.find_elements(By.CSS_SELECTOR, "#grid button")[index].click()


def press(page, slider, key):
    """Move a slider by a key, and wait for the image that the page shows at rest."""
    before = source(page)
    slider.send_keys(key)
    wait(page, lambda: source(page) != before)


def test_the_page_loads_without_errors_and_from_its_server_alone(page, faces):
    assert page.find_element(By.TAG_NAME, "h1").text == "Play with faces-plus"
    assert len(page.find_elements(By.CSS_SELECTOR, "#grid button")) == 24
    assert caption(page) == "Seed 0"
    assert page.get_log("browser") == []
    fetched = "return performance.getEntriesByType('resource').map((each) => each.name)"
    for name in page.execute_script(fetched):
        assert name.startswith((faces.address, "data:"))


def test_a_new_seed_changes_the_picture(page, generator):
    before = source(page)
    button(page, "New images").click()
    wait(page, lambda: caption(page) == "Seed 24")
    assert source(page) != before
    by_id(page, "seed").clear()
    by_id(page, "seed").send_keys("777", Keys.ENTER)
    wait(page, lambda: caption(page) == "Seed 777")
    pick(page, 3)
    assert caption(page) == "Seed 780"
    np.testing.assert_array_equal(pixels(page), generator.generate([780])[0])
    command = "python -m ms_gan.generate --ckpt faces-plus --seeds 780 --separate images"
    assert by_id(page, "command").text == command
    assert page.get_log("browser") == []


def test_a_wrong_seed_is_told(page):
    by_id(page, "seed").clear()
    by_id(page, "seed").send_keys("-5", Keys.ENTER)
    wait(page, lambda: "whole number of at least 0" in by_id(page, "message").text)
    assert caption(page) == "Seed 0"


def test_the_saved_png_is_what_generate_makes(page, generator, downloads):
    pick(page, 7)
    with Image.open(saved(page, downloads, "Save PNG", "seed000007.png")) as image:
        np.testing.assert_array_equal(np.asarray(image), generator.generate([7])[0])


def test_a_slider_changes_the_face_and_its_latent_can_be_saved(page, generator, downloads):
    plain = source(page)
    slider = page.find_element(By.CSS_SELECTOR, "#directions input")
    press(page, slider, Keys.END)
    assert caption(page) == "Seed 0, moved"
    assert 'numpy.load("latent.npy")' in by_id(page, "command").text
    vector = np.load(saved(page, downloads, "Save latent.npy", "latent.npy"))
    assert (vector.dtype, vector.shape) == (np.float32, generator.latents([0])[0].shape)
    rendered = generator.render(vector[None])[0]
    wait(page, lambda: np.array_equal(pixels(page), rendered))
    button(page, "Reset").click()
    assert (caption(page), source(page)) == ("Seed 0", plain)
    assert page.get_log("browser") == []


def test_picked_images_are_mixed(page, generator):
    for index, name in enumerate("AABC"):
        pick(page, index)
        button(page, f"Put into {name}").click()
    button(page, "Show A − B + C").click()
    wait(page, lambda: caption(page) == "A − B + C")
    z = generator.latents(range(4))
    expected = generator.render((z[:2].mean(0) - z[2] + z[3])[None])[0]
    assert np.abs(pixels(page).astype(int) - expected).max() <= 1
    page.find_element(By.CSS_SELECTOR, "#group-b button").click()
    button(page, "Show A − B + C").click()
    wait(page, lambda: by_id(page, "message").text == "Put an image into B first.")


def test_a_walk_leads_from_one_image_to_the_other(page):
    walk = by_id(page, "walk")
    assert not walk.is_enabled()
    pick(page, 1)
    first = source(page)
    button(page, "Begin here").click()
    pick(page, 2)
    last = source(page)
    button(page, "End here").click()
    press(page, walk, Keys.ARROW_LEFT)
    assert caption(page) == "99 % of the way from Seed 1 to Seed 2"
    assert source(page) not in (first, last)
    press(page, walk, Keys.HOME)
    wait(page, lambda: source(page) == first)
    press(page, walk, Keys.END)
    wait(page, lambda: source(page) == last)


def test_a_picture_is_uploaded_and_translated(translating, tmp_path):
    Image.new("RGB", (8, 8), "red").save(tmp_path / "red.png")
    by_id(translating, "upload").send_keys(str(tmp_path / "red.png"))
    wait(translating, lambda: source(translating, "translated"))
    assert pixels(translating, "translated").shape == (4, 4, 3)
    assert by_id(translating, "message").text == ""
    assert button(translating, "Save PNG").is_enabled() is True
    red = "return canvas.getContext('2d').getImageData(128, 128, 1, 1).data.join()"
    wait(translating, lambda: translating.execute_script(red) == "255,0,0,255")
    assert translating.get_log("browser") == []


def test_a_picture_is_drawn_and_translated(translating):
    pen = ActionChains(translating)
    pen.move_to_element(by_id(translating, "canvas")).click_and_hold()
    pen.move_by_offset(30, 20).release().perform()
    wait(translating, lambda: source(translating, "translated"))
    assert translating.get_log("browser") == []


def test_a_bad_upload_is_answered_with_a_message(translating, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    by_id(translating, "upload").send_keys(str(tmp_path / "broken.png"))
    told = by_id(translating, "message")
    wait(translating, lambda: told.text == "the picture can't be read: stub")
    assert not source(translating, "translated")
    large = tmp_path / "large.png"
    large.write_bytes(bytes(10 * 2**20 + 1))
    by_id(translating, "upload").send_keys(str(large))
    wait(translating, lambda: told.text == "large.png has 10.0 MB; expected at most 10")
