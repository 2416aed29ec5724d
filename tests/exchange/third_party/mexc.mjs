// MEXC spot through ccxt.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import ccxt from 'ccxt';
import {
  checkBalances, checkFilled, checkMarketData, checkPublicStreams, found, ledger, mexc, near, orderInLedger, poll, priceFor, sum, tradesInLedger, watch,
} from './shared.mjs';

const VENUE = 'mexc_spot';
const SYMBOL = 'ETH/USDT';
const client = mexc();
const settled = (o) => o.status !== 'open';

before(() => client.loadMarkets());
after(() => client.close());

test('mexc: markets and currencies', async () => {
  assert.ok(Object.values(client.markets).length > 5 && Object.values(client.markets).every((m) => m.spot));
  assert.ok('USDT' in client.currencies);
  assert.deepEqual((await client.spotPublicGetDefaultSymbols()).data.sort(), Object.keys(client.markets_by_id).sort());
  assert.deepEqual((await client.spotPrivateGetSelfSymbols()).data.sort(), Object.keys(client.markets_by_id).sort());
  assert.equal((await client.fetchStatus()).status, 'ok');
});

test('mexc: market data', async () => {
  await checkMarketData(client, SYMBOL);
  const all = await client.fetchBidsAsks();
  assert.ok(all[SYMBOL].bid < all[SYMBOL].ask);
  client.options.fetchTradesMethod = 'spotPublicGetTrades';
  assert.ok((await client.fetchTrades(SYMBOL, undefined, 5)).length > 0);
  delete client.options.fetchTradesMethod;
  assert.ok((await client.fetchOHLCV(SYMBOL, '1d')).length === 1);
});

test('mexc: balances and fees', async () => {
  await checkBalances(client, 'mexc');
  const fee = await client.fetchTradingFee(SYMBOL);
  assert.equal(fee.symbol, SYMBOL);
  assert.ok(fee.maker >= 0 && fee.taker >= fee.maker && fee.taker < 0.01);
  assert.equal((await client.fetchAccounts()).length > 0, true);
});

test('mexc: a limit order rests, is listed and is cancelled', async () => {
  const price = await priceFor(client, SYMBOL, 'buy', false);
  const placed = await client.createOrder(SYMBOL, 'limit', 'buy', 0.05, price, { clientOrderId: 'ccxt-rest-1' });
  const order = await found(client, placed.id, SYMBOL);
  assert.deepEqual([order.status, order.side, order.type, order.price, order.amount, order.filled], ['open', 'buy', 'limit', price, 0.05, 0]);
  const truth = orderInLedger(await ledger(), VENUE, placed.id);
  assert.deepEqual([truth.client_order_id, Number(truth.price), truth.type, truth.open], ['ccxt-rest-1', price, 'limit', true]);
  assert.equal((await client.fetchOrder(undefined, SYMBOL, { clientOrderId: 'ccxt-rest-1' })).id, placed.id);
  assert.ok((await client.fetchOpenOrders(SYMBOL)).some((o) => o.id === placed.id));
  await checkBalances(client, 'mexc');
  await client.cancelOrder(placed.id, SYMBOL);
  assert.equal((await client.fetchOrder(placed.id, SYMBOL)).status, 'canceled');
  assert.equal((await client.fetchOpenOrders(SYMBOL)).length, 0);
  await assert.rejects(client.cancelOrder(placed.id, SYMBOL), ccxt.BaseError);
});

test('mexc: post-only rests, or ends at once when it would take', async () => {
  const resting = await client.createOrder(SYMBOL, 'limit', 'sell', 0.05, await priceFor(client, SYMBOL, 'sell', false), { postOnly: true });
  assert.equal((await found(client, resting.id, SYMBOL)).status, 'open');
  assert.equal(orderInLedger(await ledger(), VENUE, resting.id).type, 'post_only');
  const crossing = await client.createOrder(SYMBOL, 'limit', 'buy', 0.05, await priceFor(client, SYMBOL, 'buy', true), { postOnly: true });
  const ended = await found(client, crossing.id, SYMBOL, settled);
  assert.deepEqual([ended.status, ended.filled], ['canceled', 0]);
  const answer = await client.cancelAllOrders(SYMBOL);
  assert.deepEqual(answer.map((o) => o.id), [resting.id]);
});

test('mexc: orders that take', async () => {
  const orders = [
    await client.createOrder(SYMBOL, 'limit', 'buy', 0.05, await priceFor(client, SYMBOL, 'buy', true), { timeInForce: 'IOC' }),
    await client.createOrder(SYMBOL, 'limit', 'buy', 0.04, await priceFor(client, SYMBOL, 'buy', true), { timeInForce: 'FOK' }),
    await client.createOrder(SYMBOL, 'market', 'buy', 0.03),
    await client.createOrder(SYMBOL, 'market', 'buy', 0.03, (await client.fetchTicker(SYMBOL)).last),
    await client.createMarketBuyOrderWithCost(SYMBOL, 50),
    await client.createOrder(SYMBOL, 'market', 'sell', 0.05),
    await client.createMarketSellOrderWithCost(SYMBOL, 50),
    await client.createOrder(SYMBOL, 'limit', 'sell', 0.05, await priceFor(client, SYMBOL, 'sell', true)),
  ];
  for (const placed of orders) {
    const order = await found(client, placed.id, SYMBOL, settled);
    assert.equal(order.status, 'closed');
    await checkFilled(client, VENUE, order, SYMBOL);
    assert.equal((await client.fetchOrderTrades(placed.id, SYMBOL)).length, tradesInLedger(await ledger(), VENUE, placed.id).length);
  }
  const away = await client.createOrder(SYMBOL, 'limit', 'buy', 0.05, await priceFor(client, SYMBOL, 'buy', false), { timeInForce: 'IOC' });
  assert.equal((await found(client, away.id, SYMBOL, settled)).status, 'canceled');
  const own = (await ledger()).orders.filter((o) => o.venue === VENUE && o.symbol === 'ETHUSDT');
  const listed = await client.fetchOrders(SYMBOL);
  assert.deepEqual(listed.map((o) => o.id).sort(), own.map((o) => o.venue_order_id).sort());
  for (const placed of orders) assert.equal(listed.find((o) => o.id === placed.id).status, 'closed');
  assert.equal(listed.find((o) => o.id === away.id).status, 'canceled');
  await checkBalances(client, 'mexc');
});

test('mexc: several at once, and all gone', async () => {
  const price = await priceFor(client, SYMBOL, 'buy', false);
  const batch = await client.createOrders([
    { symbol: SYMBOL, type: 'limit', side: 'buy', amount: 0.05, price, params: { clientOrderId: 'ccxt-batch-1' } },
    { symbol: SYMBOL, type: 'limit', side: 'buy', amount: 0.06, price, params: { clientOrderId: 'ccxt-batch-2' } },
    { symbol: SYMBOL, type: 'limit', side: 'buy', amount: 0.0001, price, params: { clientOrderId: 'ccxt-batch-3' } },
  ]);
  assert.deepEqual(batch.map((o) => o.info.newClientOrderId), ['ccxt-batch-1', 'ccxt-batch-2', 'ccxt-batch-3']);
  assert.equal(batch[2].status, 'rejected');
  const open = await poll(() => client.fetchOpenOrders(SYMBOL), (list) => list.length === 2, 'the batch');
  near(sum(open, (o) => o.amount), 0.11);
  await client.cancelAllOrders();
  assert.equal((await client.fetchOpenOrders(SYMBOL)).length, 0);
});

test('mexc: what is refused has the right name', async () => {
  const price = await priceFor(client, SYMBOL, 'buy', false);
  await assert.rejects(client.createOrder(SYMBOL, 'limit', 'buy', 30, price), ccxt.InsufficientFunds);
  await assert.rejects(client.createOrder('LTC/USDT', 'market', 'sell', 5), /30005/);
  await assert.rejects(client.createOrder(SYMBOL, 'limit', 'buy', 0.0001, price), /30002/);
  await assert.rejects(client.fetchOrder('nothing', SYMBOL), /-2013/);
  const stranger = mexc({ secret: 'wrong' });
  await assert.rejects(stranger.fetchBalance(), ccxt.AuthenticationError);
  assert.ok((await client.createOrder(SYMBOL, 'limit', 'buy', 0.05, price, { test: true })) !== undefined);
  assert.equal((await client.fetchOpenOrders(SYMBOL)).length, 0);
});

test('mexc: public streams', () => checkPublicStreams(client, SYMBOL, { bidsAsks: false }));

test('mexc: private streams', async () => {
  const owner = mexc();
  await owner.loadMarkets();
  try {
    // The first update of each is of an order that is placed again and again until all have begun.
    const told = { orders: [], trades: [], balance: false };
    const listening = [
      watch(() => owner.watchOrders(SYMBOL), (list) => told.orders.push(...list) && told.orders.some((o) => o.status === 'closed'), 'a filled order'),
      watch(() => owner.watchMyTrades(SYMBOL), (list) => told.trades.push(...list) > 0, 'a trade of mine'),
      watch(() => owner.watchBalance(), (b) => b.USDT !== undefined && b.USDT.free > 0, 'a balance'),
    ];
    const done = Promise.all(listening).then(() => { told.balance = true; });
    await poll(
      async () => {
        await client.createOrder(SYMBOL, 'market', 'buy', 0.03);
        await new Promise((resolve) => setTimeout(resolve, 500));
        return told.balance;
      },
      (all) => all,
      'all private streams',
    );
    await done;
    const all = await ledger();
    for (const order of told.orders.filter((o) => o.status === 'closed')) {
      near(order.filled, Number(orderInLedger(all, VENUE, order.id).filled));
    }
    const ids = all.trades.filter((t) => t.venue === VENUE).map((t) => t.stream_trade_id);
    for (const trade of told.trades) assert.ok(ids.includes(trade.id));

    const price = await priceFor(client, SYMBOL, 'buy', false);
    const [update, placed] = await Promise.all([
      watch(() => owner.watchOrders(SYMBOL), (list) => list.some((o) => o.status === 'open' && o.price === price), 'an open order'),
      client.createOrder(SYMBOL, 'limit', 'buy', 0.05, price),
    ]);
    assert.ok(update.some((o) => o.id === placed.id));
    const [gone] = await Promise.all([
      watch(() => owner.watchOrders(SYMBOL), (list) => list.some((o) => o.id === placed.id && o.status === 'canceled'), 'the cancel'),
      client.cancelOrder(placed.id, SYMBOL),
    ]);
    assert.equal(gone.find((o) => o.id === placed.id).filled, 0);
  } finally {
    await owner.close();
  }
});
