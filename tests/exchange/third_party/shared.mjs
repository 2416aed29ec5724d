// What the checks of all venues share: the exchange's addresses, its ledger, waiting, and the checks that every venue passes alike.
import assert from 'node:assert/strict';
import ccxt from 'ccxt';

export const ready = JSON.parse(process.env.DN_READY);
const WAIT_MS = 20_000;

export async function ledger() {
  const answer = await fetch(ready.urls.control + '/ledger');
  assert.equal(answer.status, 200);
  return answer.json();
}

export async function control(path, body) {
  const answer = await fetch(`${ready.urls.control}/${path}`, { method: 'POST', body: JSON.stringify(body) });
  assert.equal(answer.status, 200, await answer.text());
}

export function mexc(options = {}) {
  const client = new ccxt.pro.mexc({ apiKey: ready.keys.mexc.key, secret: ready.keys.mexc.secret, ...options });
  client.urls.api.spot = { public: ready.urls.mexcRest, private: ready.urls.mexcRest };
  client.urls.api.contract = { public: ready.urls.mexcRest + '/api/v1/contract', private: ready.urls.mexcRest + '/api/v1/private' };
  client.urls.api.ws.spot = ready.urls.mexcWs;
  return client;
}

export function gate(options = {}) {
  const { key, secret, uid } = ready.keys.gate;
  const client = new ccxt.pro.gate({ apiKey: key, secret, uid, ...options });
  for (const access of ['public', 'private']) {
    for (const part of Object.keys(client.urls.api[access])) client.urls.api[access][part] = ready.urls.gateRest;
  }
  client.urls.api.spot = ready.urls.gateWs;
  // ccxt tells a futures address by the "fx" in it.
  client.urls.api.swap = { usdt: ready.urls.gateFuturesWs + '?fx', btc: ready.urls.gateFuturesWs + '?fx' };
  return client;
}

export async function poll(ask, good, what) {
  const end = Date.now() + WAIT_MS;
  for (;;) {
    const answer = await ask();
    if (good(answer)) return answer;
    assert.ok(Date.now() < end, `${what} did not come; the last answer: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// Watches until an update is wanted.
export async function watch(next, good, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} was not pushed`)), WAIT_MS);
  });
  const watching = (async () => {
    for (;;) {
      const update = await next();
      if (good(update)) return update;
    }
  })();
  try {
    return await Promise.race([watching, late]);
  } finally {
    clearTimeout(timer);
  }
}

export const orderInLedger = (all, venue, id) => all.orders.findLast((o) => o.venue === venue && o.venue_order_id === id);
export const tradesInLedger = (all, venue, id) => all.trades.filter((t) => t.venue === venue && t.venue_order_id === id);
export const sum = (list, of) => list.reduce((total, item) => total + of(item), 0);
export const near = (a, b) => assert.ok(Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b)), `${a} is not ${b}`);

// A price that rests (below the bid or above the ask) or takes.
export async function priceFor(client, symbol, side, takes) {
  const book = await client.fetchOrderBook(symbol, 5);
  const touch = (side === 'buy') === takes ? book.asks[0][0] : book.bids[0][0];
  const away = (side === 'buy') === takes ? 1.005 : 0.99;
  return Number(client.priceToPrecision(symbol, touch * away));
}

// Placed orders are not found at once on every venue.
export async function found(client, id, symbol, good = () => true) {
  return poll(
    async () => {
      try {
        return await client.fetchOrder(id, symbol);
      } catch (error) {
        // ccxt has no name for MEXC's -2013.
        if (error instanceof ccxt.OrderNotFound || error.message.includes('-2013')) return null;
        throw error;
      }
    },
    (order) => order !== null && good(order),
    `order ${id}`,
  );
}

export async function checkMarketData(client, symbol, timeframe = '1m') {
  assert.ok(Math.abs((await client.fetchTime()) - Date.now()) < 5000);
  const market = client.market(symbol);
  assert.equal(market.active, true);
  assert.ok(market.precision.price > 0 && market.precision.amount > 0 && market.limits.amount.min > 0);

  const book = await client.fetchOrderBook(symbol, 5);
  assert.equal(book.bids.length, 5);
  assert.ok(book.bids[0][0] < book.asks[0][0] && book.bids[1][0] < book.bids[0][0] && book.asks[1][0] > book.asks[0][0]);
  const ticker = await client.fetchTicker(symbol);
  assert.equal(ticker.symbol, symbol);
  assert.ok(ticker.bid < ticker.ask && ticker.low <= ticker.last && ticker.last <= ticker.high && ticker.last > 0);
  const tickers = await client.fetchTickers();
  assert.ok(tickers[symbol].last > 0 && Object.keys(tickers).length > 5);

  const trades = await poll(() => client.fetchTrades(symbol, undefined, 50), (list) => list.length > 3, 'trades');
  assert.ok(trades.every((t) => t.symbol === symbol && t.price > 0 && t.amount > 0 && (t.side === 'buy' || t.side === 'sell')));
  const candles = await client.fetchOHLCV(symbol, timeframe, undefined, 10);
  const [start, open, high, low, close, volume] = candles.at(-1);
  assert.equal(start % 60_000, 0);
  assert.ok(Date.now() - start < 65_000 && low <= Math.min(open, close) && high >= Math.max(open, close) && volume >= 0);
  assert.ok(candles.some((c) => c[5] > 0));
  const since = await client.fetchOHLCV(symbol, timeframe, Date.now() - 600_000);
  assert.ok(since.length > 0 && since.every((c) => c[0] >= Date.now() - 660_000));
}

// Everything that the client says of balances stands in the ledger.
export async function checkBalances(client, name, params = {}) {
  const balance = await client.fetchBalance(params);
  const truth = (await ledger()).balances[name];
  let seen = 0;
  for (const [asset, row] of Object.entries(truth)) {
    if (Number(row.total) === 0) continue;
    near(balance[asset].total, Number(row.total));
    near(balance[asset].free, Number(row.free));
    ++seen;
  }
  assert.ok(seen > 0);
}

// A finished order as the client tells it, against the ledger; its trades too.
export async function checkFilled(client, venue, order, symbol, size = 1) {
  const all = await ledger();
  const truth = orderInLedger(all, venue, order.id);
  assert.equal(truth.open, false);
  near(order.filled * size, Number(truth.filled));
  near(order.average, Number(truth.filled_quote) / Number(truth.filled));
  const trades = await poll(
    async () => (await client.fetchMyTrades(symbol, undefined, 100)).filter((t) => t.order === order.id),
    (list) => Math.abs(sum(list, (t) => t.amount * size) - Number(truth.filled)) < 1e-9,
    'my trades',
  );
  const known = tradesInLedger(all, venue, order.id);
  assert.deepEqual(trades.map((t) => t.id).sort(), known.map((t) => t.trade_id).sort());
  near(sum(trades, (t) => t.fee.cost), sum(known, (t) => Number(t.fee)));
  for (const trade of trades) assert.equal(trade.takerOrMaker, known.find((t) => t.trade_id === trade.id).liquidity);
  assert.equal(trades[0].side, truth.side);
}

// Without bids and asks for MEXC: there ccxt still reads the fields of the JSON streams, which MEXC has ended.
export async function checkPublicStreams(client, symbol, { bidsAsks = true } = {}) {
  const seen = await Promise.all([
    watch(() => client.watchTicker(symbol), (t) => t.bid > 0 && t.bid < t.ask, 'a ticker'),
    bidsAsks && watch(() => client.watchBidsAsks([symbol]), (t) => t[symbol].bid > 0 && t[symbol].bid < t[symbol].ask, 'bid and ask'),
    watch(() => client.watchTrades(symbol), (list) => list.length > 0 && list.every((t) => t.price > 0 && t.symbol === symbol), 'a trade'),
    watch(() => client.watchOHLCV(symbol, '1m'), (list) => list.length > 0 && list.at(-1)[2] >= list.at(-1)[3], 'a candle'),
    watch(() => client.watchOrderBook(symbol), (book) => book.bids.length > 4 && book.asks.length > 4, 'a book'),
  ]);
  // A book that follows changes stays what the exchange has, or it would cross or tear.
  let book = seen[4];
  for (let i = 0; i < 20; ++i) {
    book = await watch(() => client.watchOrderBook(symbol), () => true, 'the next book');
    assert.ok(book.bids[0][0] < book.asks[0][0]);
  }
  await poll(
    async () => {
      const streamed = await client.watchOrderBook(symbol);
      const asked = await client.fetchOrderBook(symbol, 20);
      return [streamed.bids.slice(0, 5), asked.bids.slice(0, 5), streamed.asks.slice(0, 5), asked.asks.slice(0, 5)];
    },
    ([a, b, c, d]) => JSON.stringify(a) === JSON.stringify(b) && JSON.stringify(c) === JSON.stringify(d),
    'the same book on the stream and by REST',
  );
}
