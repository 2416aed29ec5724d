// Gate spot through ccxt.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import ccxt from 'ccxt';
import { checkBalances, checkFilled, checkMarketData, checkPublicStreams, gate, ledger, near, orderInLedger, poll, priceFor, sum, watch } from './shared.mjs';

const VENUE = 'gateio_spot';
const SYMBOL = 'ETH/USDT';
const client = gate();
const open = (id) => ledger().then((all) => orderInLedger(all, VENUE, id).open);

before(() => client.loadMarkets());
after(() => client.close());

test('gate spot: markets and currencies', async () => {
  assert.ok(client.market(SYMBOL).spot && client.market(SYMBOL + ':USDT').swap);
  const currencies = await client.fetchCurrencies();
  assert.ok('USDT' in currencies && currencies.ETH.code === 'ETH');
});

test('gate spot: market data', async () => {
  await checkMarketData(client, SYMBOL);
  for (const timeframe of ['10s', '5m', '1d', '1w']) assert.ok((await client.fetchOHLCV(SYMBOL, timeframe, undefined, 5)).length > 0);
});

test('gate spot: balances and fees', async () => {
  await checkBalances(client, 'gate_spot');
  const fee = await client.fetchTradingFee(SYMBOL);
  assert.ok(fee.maker >= 0 && fee.taker > 0 && fee.taker < 0.01);
  assert.equal((await client.fetchTradingFees())[SYMBOL].taker, fee.taker);
});

test('gate spot: a limit order rests, is changed and is cancelled', async () => {
  const price = await priceFor(client, SYMBOL, 'buy', false);
  const placed = await client.createOrder(SYMBOL, 'limit', 'buy', 0.05, price, { clientOrderId: 'ccxt-rest-1' });
  assert.deepEqual([placed.status, placed.side, placed.price, placed.amount, placed.clientOrderId], ['open', 'buy', price, 0.05, 't-ccxt-rest-1']);
  assert.deepEqual((({ id, status, price: p, amount }) => [id, status, p, amount])(await client.fetchOrder(placed.id, SYMBOL)), [placed.id, 'open', price, 0.05]);
  assert.equal((await client.fetchOrder(undefined, SYMBOL, { clientOrderId: 't-ccxt-rest-1' })).id, placed.id);
  assert.ok((await client.fetchOpenOrders(SYMBOL)).some((o) => o.id === placed.id));
  assert.ok((await client.fetchOpenOrders()).some((o) => o.id === placed.id));
  await checkBalances(client, 'gate_spot');

  const lower = Number(client.priceToPrecision(SYMBOL, price * 0.999));
  const changed = await client.editOrder(placed.id, SYMBOL, 'limit', 'buy', 0.04, lower);
  assert.deepEqual([changed.id, changed.price, changed.amount], [placed.id, lower, 0.04]);
  const truth = orderInLedger(await ledger(), VENUE, placed.id);
  assert.deepEqual([Number(truth.price), Number(truth.quantity), truth.open], [lower, 0.04, true]);
  await checkBalances(client, 'gate_spot');

  assert.equal((await client.cancelOrder(placed.id, SYMBOL)).status, 'canceled');
  assert.equal((await client.fetchOrder(placed.id, SYMBOL)).status, 'canceled');
  await assert.rejects(client.cancelOrder(placed.id, SYMBOL), ccxt.BaseError);
});

test('gate spot: post-only rests, or is refused when it would take', async () => {
  const resting = await client.createOrder(SYMBOL, 'limit', 'sell', 0.05, await priceFor(client, SYMBOL, 'sell', false), { postOnly: true });
  assert.deepEqual([resting.status, resting.postOnly], ['open', true]);
  const price = await priceFor(client, SYMBOL, 'buy', true);
  await assert.rejects(client.createOrder(SYMBOL, 'limit', 'buy', 0.05, price, { postOnly: true }), ccxt.OrderImmediatelyFillable);
  const gone = await client.cancelAllOrders(SYMBOL);
  assert.deepEqual(gone.map((o) => o.id), [resting.id]);
});

test('gate spot: orders that take', async () => {
  const orders = [
    await client.createOrder(SYMBOL, 'limit', 'buy', 0.05, await priceFor(client, SYMBOL, 'buy', true), { timeInForce: 'IOC' }),
    await client.createOrder(SYMBOL, 'limit', 'buy', 0.04, await priceFor(client, SYMBOL, 'buy', true), { timeInForce: 'FOK' }),
    await client.createOrder(SYMBOL, 'market', 'sell', 0.05),
    await client.createOrder(SYMBOL, 'limit', 'sell', 0.05, await priceFor(client, SYMBOL, 'sell', true)),
  ];
  const bought = [
    await client.createOrder(SYMBOL, 'market', 'buy', 0.03, (await client.fetchTicker(SYMBOL)).last),
    await client.createOrder(SYMBOL, 'market', 'buy', 50, undefined, { createMarketBuyOrderRequiresPrice: false }),
    await client.createMarketBuyOrderWithCost(SYMBOL, 50),
    await client.createOrder(SYMBOL, 'market', 'buy', 0, undefined, { cost: 60 }),
  ];
  for (const placed of orders) {
    assert.equal(placed.status, 'closed');
    await checkFilled(client, VENUE, await client.fetchOrder(placed.id, SYMBOL), SYMBOL);
  }
  for (const placed of bought) {
    const truth = orderInLedger(await ledger(), VENUE, placed.id);
    assert.deepEqual([placed.status, truth.open, truth.finish], ['closed', false, 'filled']);
    near(Number(placed.info.filled_total), Number(truth.filled_quote));
    near(Number(placed.info.filled_amount), Number(truth.filled));
  }
  const away = await client.createOrder(SYMBOL, 'limit', 'buy', 0.05, await priceFor(client, SYMBOL, 'buy', false), { timeInForce: 'IOC' });
  assert.deepEqual([away.status, away.filled], ['canceled', 0]);
  const closed = (await client.fetchClosedOrders(SYMBOL)).map((o) => o.id);
  for (const placed of [...orders, ...bought]) assert.ok(closed.includes(placed.id));
  assert.ok((await client.fetchMyTrades(undefined, undefined, 1000)).length >= orders.length + bought.length);
  await checkBalances(client, 'gate_spot');
});

test('gate spot: several at once, and all gone', async () => {
  const price = await priceFor(client, SYMBOL, 'buy', false);
  const batch = await client.createOrders([
    { symbol: SYMBOL, type: 'limit', side: 'buy', amount: 0.05, price },
    { symbol: SYMBOL, type: 'limit', side: 'buy', amount: 0.06, price },
    { symbol: SYMBOL, type: 'limit', side: 'buy', amount: 0.0001, price },
    { symbol: 'BTC/USDT', type: 'limit', side: 'buy', amount: 0.001, price: await priceFor(client, 'BTC/USDT', 'buy', false) },
  ]);
  assert.deepEqual(batch.map((o) => o.status), ['open', 'open', 'rejected', 'open']);
  assert.equal((await client.fetchOpenOrders()).length, 3);
  const two = await client.cancelOrders([batch[0].id, batch[1].id], SYMBOL);
  assert.equal(two.length, 2);
  assert.deepEqual([await open(batch[0].id), await open(batch[1].id), await open(batch[3].id)], [false, false, true]);
  await client.cancelAllOrders();
  assert.equal((await client.fetchOpenOrders()).length, 0);
});

test('gate spot: what is refused has the right name', async () => {
  const price = await priceFor(client, SYMBOL, 'buy', false);
  await assert.rejects(client.createOrder('LTC/USDT', 'market', 'sell', 5), ccxt.InsufficientFunds);
  await assert.rejects(client.createOrder(SYMBOL, 'limit', 'buy', 0.0001, price), ccxt.BadRequest);
  await assert.rejects(client.fetchOrder('123', SYMBOL), ccxt.OrderNotFound);
  await assert.rejects(gate({ secret: 'wrong', options: { unifiedAccount: false } }).fetchBalance(), ccxt.AuthenticationError);
});

test('gate spot: public streams', () => checkPublicStreams(client, SYMBOL));

test('gate spot: private streams', async () => {
  const listening = [
    watch(() => client.watchOrders(SYMBOL), (list) => list.some((o) => o.status === 'closed'), 'a filled order'),
    watch(() => client.watchMyTrades(SYMBOL), (list) => list.length > 0, 'a trade of mine'),
    watch(() => client.watchBalance(), (b) => b.ETH !== undefined && b.ETH.total > 0, 'a balance'),
  ];
  let heard = false;
  const done = Promise.all(listening).finally(() => { heard = true; });
  while (!heard) {
    await client.createOrder(SYMBOL, 'market', 'buy', 0.02, (await client.fetchTicker(SYMBOL)).last);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const [orders, trades] = await done;
  const all = await ledger();
  const filled = orders.findLast((o) => o.status === 'closed');
  near(Number(filled.info.filled_total), Number(orderInLedger(all, VENUE, filled.id).filled_quote));
  const known = all.trades.find((t) => t.venue === VENUE && t.stream_trade_id === trades.at(-1).id);
  near(trades.at(-1).price, Number(known.price));
  near(trades.at(-1).amount, Number(known.quantity));
});

test('gate spot: trading over the WebSocket', async () => {
  const price = await priceFor(client, SYMBOL, 'buy', false);
  const placed = await client.createOrderWs(SYMBOL, 'limit', 'buy', 0.05, price);
  assert.deepEqual([placed.status, placed.price, placed.amount], ['open', price, 0.05]);
  assert.equal((await client.fetchOrderWs(placed.id, SYMBOL)).status, 'open');
  const lower = Number(client.priceToPrecision(SYMBOL, price * 0.999));
  const changed = await client.editOrderWs(placed.id, SYMBOL, 'limit', 'buy', 0.06, lower);
  assert.deepEqual([changed.id, changed.price, changed.amount], [placed.id, lower, 0.06]);
  const [update] = await Promise.all([
    watch(() => client.watchOrders(SYMBOL), (list) => list.some((o) => o.id === placed.id && o.status === 'canceled'), 'the cancel'),
    client.cancelOrderWs(placed.id, SYMBOL),
  ]);
  assert.ok(update.length > 0);
  const taken = await client.createOrderWs(SYMBOL, 'market', 'sell', 0.02);
  assert.equal(taken.status, 'closed');
  const resting = await client.createOrderWs(SYMBOL, 'limit', 'buy', 0.05, price);
  await client.cancelAllOrdersWs(SYMBOL);
  await poll(() => open(resting.id), (is) => !is, 'the end of the last order');
  assert.equal(sum(await client.fetchOpenOrders(SYMBOL), () => 1), 0);
});
