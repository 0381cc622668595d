// The script of an exported page: plays the recording that is embedded in it, jumps to the moment of an event, follows the
// events while it plays, and filters their list. Text of the session reaches the page as text only.

(() => {
  const byId = (id) => document.getElementById(id);
  const items = [...document.querySelectorAll('.events li')];
  const times = items.map((item) => Number(item.dataset.ms));
  const list = document.querySelector('.events');
  let now;

  /** The last event at or before that moment. */
  function eventAt(ms) {
    let low = 0;
    for (let high = times.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (times[middle] <= ms) low = middle + 1;
      else high = middle;
    }
    return items[low - 1];
  }

  /** Shows which event it has come to. */
  function mark(item) {
    if (item === now) return;
    now?.removeAttribute('data-now');
    now = item;
    if (item === undefined) return;
    item.setAttribute('data-now', '');
    if (item.hidden) return;
    // Only the list moves, never the page.
    const above = item.offsetTop - list.offsetTop;
    if (above < list.scrollTop || above + item.offsetHeight > list.scrollTop + list.clientHeight) {
      list.scrollTop = above - list.clientHeight / 3;
    }
  }

  function filter(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const item of items) {
      const content = item.textContent.toLowerCase();
      item.hidden = !words.every((word) => content.includes(word));
      if (!item.hidden) shown++;
    }
    byId('shown').textContent = words.length === 0 ? '' : `${shown} of ${items.length}`;
  }

  const search = byId('search');
  if (search !== null) {
    search.closest('.search').hidden = false;
    search.addEventListener('input', () => filter(search.value));
  }

  const recording = byId('recording');
  if (recording === null) return;
  const data = JSON.parse(recording.textContent);
  const player = AsciinemaPlayer.create({ data }, byId('player'), {
    preload: true,
    fit: 'width',
    terminalFontFamily: 'ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", Menlo, monospace',
  });
  const screen = byId('player');
  const jump = (item) => {
    // Times of events are rounded to the millisecond: one later, the line that was found is there.
    player.seek((Number(item.dataset.ms) + 1) / 1000);
    screen.classList.add('sought');
    mark(item);
  };
  // The button that starts it all is hidden then, so the screen is the button.
  screen.addEventListener('click', () => {
    if (screen.classList.contains('sought')) player.play();
  });
  for (const item of items) {
    const button = item.querySelector('button');
    button.disabled = false;
    button.addEventListener('click', () => {
      history.replaceState(null, '', `#${item.id}`);
      jump(item);
    });
  }
  const target = location.hash === '' ? null : byId(location.hash.slice(1));
  if (target?.dataset.ms !== undefined) jump(target);
  const watch = async () => mark(eventAt((await player.getCurrentTime()) * 1000));
  let timer;
  const stop = () => clearInterval(timer);
  player.addEventListener('playing', () => {
    stop();
    screen.classList.remove('sought');
    timer = setInterval(watch, 200);
  });
  player.addEventListener('pause', stop);
  player.addEventListener('ended', stop);
})();
