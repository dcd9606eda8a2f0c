// What both kinds of pages share: asking the server, messages, downloads. Then the start.

const element = (id) => document.getElementById(id);

function tell(text) {
  element("message").textContent = text;
}

// What the server answers, as an object. Throws an Error with its line where it refuses.
async function ask(route, options = {}) {
  let response;
  try {
    response = await fetch(route, options);
  } catch {
    throw new Error("The server doesn't answer. Is it still running?");
  }
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

// A function that sends requests one after another. While one is under way only the newest of the
// others waits, so that a slider never lags behind.
function latest(send, show) {
  let waiting = null, busy = false;
  return async (request) => {
    waiting = request;
    if (busy) return;
    busy = true;
    while (waiting !== null) {
      const next = waiting;
      waiting = null;
      try {
        const answer = await send(next);
        tell("");
        show(answer, next);
      } catch (error) {
        tell(error.message);
      }
    }
    busy = false;
  };
}

function download(address, name) {
  make("a", { href: address, download: name }).click();
}

for (const button of document.querySelectorAll("button.copy")) {
  button.addEventListener("click", () => copy(button, element(button.dataset.of)));
}

document.addEventListener("DOMContentLoaded", async () => {
  try {
    const about = await ask("/api/about");
    element("recipe").textContent = about.recipe;
    document.title = `${about.recipe} – ms_gan`;
    element(about.kind).hidden = false;
    ({ images: playImages, translations: playTranslations })[about.kind](about);
  } catch (error) {
    tell(error.message);
  }
});
