// Gate USDT futures through ccxt.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import ccxt from 'ccxt';
import { checkFilled, checkMarketData, checkPublicStreams, gate, ledger, near, orderInLedger, priceFor, watch } from './shared.mjs';

const VENUE = 'gateio_futures';
const SYMBOL = 'BTC/USDT:USDT';
const CONTRACT = 'BTC_USDT';
const client = gate({ options: { defaultType: 'swap' } });
let size = 0;  // base in one contract

const held = async () => Number((await ledger()).positions[CONTRACT]?.quantity ?? 0);

before(async () => {
  await client.loadMarkets();
  size = client.market(SYMBOL).contractSize;
});
after(() => client.close());

test('gate futures: contracts', async () => {
  const market = client.market(SYMBOL);
  assert.ok(market.swap && market.linear && market.active && size > 0);
  assert.equal(Number((await client.publicFuturesGetSettleContractsContract({ settle: 'usdt', contract: CONTRACT })).quanto_multiplier), size);
  const tiers = await client.fetchLeverageTiers([SYMBOL]);
  assert.equal(tiers[SYMBOL][0].maxLeverage, 100);
});

test('gate futures: market data', async () => {
  await checkMarketData(client, SYMBOL);
  assert.ok((await client.fetchMarkOHLCV(SYMBOL, '1m', undefined, 5)).length > 0);
  assert.ok((await client.fetchIndexOHLCV(SYMBOL, '1m', undefined, 5)).length > 0);
});

test('gate futures: funding', async () => {
  const rate = await client.fetchFundingRate(SYMBOL);
  assert.ok(rate.fundingRate > 0 && rate.markPrice > 0 && rate.fundingTimestamp > Date.now());
  assert.ok(SYMBOL in (await client.fetchFundingRates([SYMBOL])));
  const past = await client.fetchFundingRateHistory(SYMBOL, undefined, 5);
  assert.equal(past.length, 5);
});

test('gate futures: balance and fees', async () => {
  const balance = await client.fetchBalance();
  const truth = (await ledger()).balances.gate_futures.USDT;
  near(balance.USDT.total, Number(truth.total));
  near(balance.USDT.free, Number(truth.free));
  const fee = await client.fetchTradingFee(SYMBOL);
  assert.ok(fee.taker > 0 && fee.taker < 0.01);
});

test('gate futures: a limit order rests, is changed and is cancelled', async () => {
  const price = await priceFor(client, SYMBOL, 'sell', false);
  const placed = await client.createOrder(SYMBOL, 'limit', 'sell', 5, price, { clientOrderId: 'ccxt-perp-1' });
  assert.deepEqual([placed.status, placed.side, placed.price, placed.amount, placed.remaining], ['open', 'sell', price, 5, 5]);
  assert.equal((await client.fetchOrder(placed.id, SYMBOL)).status, 'open');
  assert.equal((await client.fetchOrder(undefined, SYMBOL, { clientOrderId: 't-ccxt-perp-1' })).id, placed.id);
  assert.ok((await client.fetchOpenOrders(SYMBOL)).some((o) => o.id === placed.id));
  const higher = Number(client.priceToPrecision(SYMBOL, price * 1.001));
  const changed = await client.editOrder(placed.id, SYMBOL, 'limit', 'sell', 4, higher);
  assert.deepEqual([changed.id, changed.price, changed.amount], [placed.id, higher, 4]);
  near(Number(orderInLedger(await ledger(), VENUE, placed.id).quantity), 4 * size);
  assert.equal((await client.cancelOrder(placed.id, SYMBOL)).status, 'canceled');
  await assert.rejects(client.cancelOrder(placed.id, SYMBOL), ccxt.BaseError);
});

test('gate futures: post-only rests, or is refused when it would take', async () => {
  const resting = await client.createOrder(SYMBOL, 'limit', 'buy', 3, await priceFor(client, SYMBOL, 'buy', false), { postOnly: true });
  assert.equal(resting.status, 'open');
  const price = await priceFor(client, SYMBOL, 'buy', true);
  await assert.rejects(client.createOrder(SYMBOL, 'limit', 'buy', 3, price, { postOnly: true }), ccxt.OrderImmediatelyFillable);
  const gone = await client.cancelAllOrders(SYMBOL);
  assert.deepEqual(gone.map((o) => o.id), [resting.id]);
});

test('gate futures: leverage', async () => {
  await client.setLeverage(20, SYMBOL);
  let [position] = await client.fetchPositions([SYMBOL]);
  assert.deepEqual([position.leverage, position.marginMode], [20, 'isolated']);
  await client.setLeverage(10, SYMBOL, { marginMode: 'cross' });
  [position] = await client.fetchPositions([SYMBOL]);
  assert.deepEqual([position.marginMode, Number(position.info.cross_leverage_limit)], ['cross', 10]);
});

test('gate futures: a position opens, turns and closes', async () => {
  const orders = [
    await client.createOrder(SYMBOL, 'market', 'buy', 10),
    await client.createOrder(SYMBOL, 'limit', 'sell', 30, await priceFor(client, SYMBOL, 'sell', true), { timeInForce: 'IOC' }),
  ];
  for (const placed of orders) {
    assert.equal(placed.status, 'closed');
    await checkFilled(client, VENUE, await client.fetchOrder(placed.id, SYMBOL), SYMBOL, size);
  }
  near(await held(), -20 * size);
  const position = await client.fetchPosition(SYMBOL);
  assert.deepEqual([position.side, position.contracts], ['short', 20]);
  assert.ok(position.entryPrice > 0 && position.markPrice > 0);
  await assert.rejects(client.createOrder(SYMBOL, 'market', 'sell', 5, undefined, { reduceOnly: true }), ccxt.BaseError);
  await client.createOrder(SYMBOL, 'market', 'buy', 5, undefined, { reduceOnly: true });
  near(await held(), -15 * size);
  await client.createOrder(SYMBOL, 'market', 'buy', 0, undefined, { close: true });
  near(await held(), 0);
  const closed = (await client.fetchClosedOrders(SYMBOL)).map((o) => o.id);
  for (const placed of orders) assert.ok(closed.includes(placed.id));
  const span = (await client.fetchOrdersByStatus('finished', SYMBOL)).map((o) => o.id);
  assert.ok(span.includes(orders[0].id));
});

test('gate futures: the ledger of the wallet', async () => {
  const rows = await client.fetchLedger('USDT', undefined, 50, { type: 'swap' });
  assert.ok(rows.some((r) => r.type === 'fee'));
  // Rows of one millisecond come in any order.
  const total = Number((await ledger()).balances.gate_futures.USDT.total);
  assert.ok(rows.some((r) => Math.abs(r.after - total) < 1e-6));
});

test('gate futures: several at once, and all gone', async () => {
  const price = await priceFor(client, SYMBOL, 'buy', false);
  const batch = await client.createOrders([
    { symbol: SYMBOL, type: 'limit', side: 'buy', amount: 2, price },
    { symbol: SYMBOL, type: 'limit', side: 'buy', amount: 3, price },
    { symbol: SYMBOL, type: 'limit', side: 'buy', amount: 1, price: Number(client.priceToPrecision(SYMBOL, price / 4)) },
  ]);
  assert.deepEqual(batch.map((o) => o.status), ['open', 'open', 'rejected']);
  const gone = await client.cancelOrders([batch[0].id], SYMBOL, { settle: 'usdt' });
  assert.equal(gone.length, 1);
  assert.equal((await client.fetchOpenOrders(SYMBOL)).length, 1);
  await client.cancelAllOrders(SYMBOL);
  assert.equal((await client.fetchOpenOrders(SYMBOL)).length, 0);
});

test('gate futures: what is refused has the right name', async () => {
  await assert.rejects(client.fetchOrder('123', SYMBOL), ccxt.OrderNotFound);
  const price = Number(client.priceToPrecision(SYMBOL, (await priceFor(client, SYMBOL, 'buy', false)) / 4));
  await assert.rejects(client.createOrder(SYMBOL, 'limit', 'buy', 1, price), ccxt.InvalidOrder);
});

test('gate futures: public streams', () => checkPublicStreams(client, SYMBOL));

test('gate futures: private streams', async () => {
  await client.watchPositions([SYMBOL]);  // the snapshot
  const listening = [
    watch(() => client.watchOrders(SYMBOL), (list) => list.some((o) => o.status === 'closed'), 'a filled order'),
    watch(() => client.watchMyTrades(SYMBOL), (list) => list.length > 0, 'a trade of mine'),
    watch(() => client.watchBalance(), (b) => b.USDT !== undefined && b.USDT.total > 0, 'a balance'),
    watch(() => client.watchPositions([SYMBOL]), (list) => list.some((p) => p.symbol === SYMBOL && p.contracts > 0), 'a position'),
  ];
  let heard = false;
  const done = Promise.all(listening).finally(() => { heard = true; });
  while (!heard) {
    await client.createOrder(SYMBOL, 'market', 'buy', 2);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const [orders, trades, , positions] = await done;
  const all = await ledger();
  const filled = orders.findLast((o) => o.status === 'closed');
  near(filled.filled * size, Number(orderInLedger(all, VENUE, filled.id).filled));
  const known = all.trades.find((t) => t.venue === VENUE && t.stream_trade_id === trades.at(-1).id);
  near(trades.at(-1).price, Number(known.price));
  near(trades.at(-1).fee.cost, Number(known.fee));
  assert.equal(positions.at(-1).side, 'long');
  await client.createOrder(SYMBOL, 'market', 'sell', 0, undefined, { close: true });
  near(await held(), 0);
});

test('gate futures: trading over the WebSocket', async () => {
  const price = await priceFor(client, SYMBOL, 'buy', false);
  const placed = await client.createOrderWs(SYMBOL, 'limit', 'buy', 3, price);
  assert.deepEqual([placed.status, placed.price, placed.amount], ['open', price, 3]);
  assert.equal((await client.fetchOrderWs(placed.id, SYMBOL)).status, 'open');
  assert.ok((await client.fetchOpenOrdersWs(SYMBOL)).some((o) => o.id === placed.id));
  const changed = await client.editOrderWs(placed.id, SYMBOL, 'limit', 'buy', 4, price);
  assert.equal(changed.amount, 4);
  assert.equal((await client.cancelOrderWs(placed.id, SYMBOL)).status, 'canceled');
  const batch = await client.createOrdersWs([
    { symbol: SYMBOL, type: 'limit', side: 'buy', amount: 2, price },
    { symbol: SYMBOL, type: 'limit', side: 'buy', amount: 3, price },
  ]);
  assert.deepEqual(batch.map((o) => o.status), ['open', 'open']);
  await client.cancelAllOrdersWs(SYMBOL);
  assert.equal((await client.fetchOpenOrders(SYMBOL)).length, 0);
  assert.ok((await client.fetchClosedOrdersWs(SYMBOL)).length > 0);
});
