// What do scene programs in Node share? The same microphone and loudspeaker as probe.py gives to those in Python.

import { readFileSync, writeFileSync } from 'node:fs';

const FRAME_BYTES = 960;
const STAMP_BYTES = 48;
const NS_PER_BYTE = 1e9 / 48_000;
const MAGIC = Buffer.from('s\0t\0m\0p\0', 'latin1');
const LOUD = 1_000;
const LOOK_MS = 5;

const now = () => Number(process.hrtime.bigint());
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));

function stamp(ns, number) {
  const text = `stmp${BigInt(ns).toString(16).padStart(16, '0')}${(number & 0xffff).toString(16).padStart(4, '0')}`;
  return Buffer.from(text, 'utf16le');
}

function stamps(pcm) {
  const found = [];
  let at = pcm.indexOf(MAGIC);
  while (at >= 0 && at <= pcm.length - STAMP_BYTES) {
    const text = pcm.toString('utf16le', at, at + STAMP_BYTES);
    found.push([at, Number(BigInt(`0x${text.slice(4, 20)}`)), parseInt(text.slice(20, 24), 16)]);
    at = pcm.indexOf(MAGIC, at + STAMP_BYTES);
  }
  return found;
}

function loud(pcm) {
  for (let at = 0; at + 1 < pcm.length; at += 2) if (Math.abs(pcm.readInt16LE(at)) > LOUD) return true;
  return false;
}

class Speaker {
  constructor(watch) {
    this.watch = watch;
    this.freeNs = 0;
  }

  play(data) {
    const pcm = Buffer.from(data);
    const at = now();
    this.watch.arrived(pcm, at);
    const begin = Math.max(at, this.freeNs);
    this.freeNs = begin + pcm.length * NS_PER_BYTE;
    this.watch.queued(begin, pcm);
  }

  clear() {
    const at = now();
    this.freeNs = Math.min(this.freeNs, at);
    this.watch.cleared(at);
  }
}

class Microphone {
  constructor(watch) {
    this.watch = watch;
    this.number = 0;
  }

  async *[Symbol.asyncIterator]() {
    let due = now();
    for (;;) {
      await sleep((due - now()) / 1e6);
      const said = this.watch.nextFrame();
      this.number += 1;
      stamp(now(), this.number).copy(said);
      yield said.buffer.slice(said.byteOffset, said.byteOffset + said.length);
      due = Math.max(due + FRAME_BYTES * NS_PER_BYTE, now() - 1e8);
    }
  }
}

class Watch {
  constructor(plan) {
    this.plan = plan;
    this.speech = plan.speech.map((path) => readFileSync(path));
    this.saying = Buffer.alloc(0);
    this.began = false;
    this.played = [];
    this.seen = { latencies_ns: [], chunks: [], clears: [], says: [], tools: [], windows: [], waits: [], ended: '' };
  }

  arrived(pcm, at) {
    for (const [, sent] of stamps(pcm)) this.seen.latencies_ns.push(at - sent);
  }

  queued(begin, pcm) {
    const found = stamps(pcm);
    const cuts = [0, ...found.map(([at]) => at).filter((at) => at > 0), pcm.length];
    const names = found.map(([, , number]) => number);
    if (names.length < cuts.length - 1) names.unshift(-1);
    for (let index = 0; index + 1 < cuts.length; index += 1) {
      const piece = [begin + cuts[index] * NS_PER_BYTE, begin + cuts[index + 1] * NS_PER_BYTE].map(Math.round);
      this.seen.chunks.push([...piece, names[index], true]);
      this.played.push(piece);
    }
  }

  cleared(at) {
    this.seen.clears.push([at, this.seen.chunks.length]);
    this.played = this.played.filter(([begin]) => begin < at).map(([begin, end]) => [begin, Math.min(end, at)]);
  }

  nextFrame() {
    this.began = true;
    const frame = Buffer.alloc(FRAME_BYTES);
    if (this.saying.length === 0) return frame;
    this.saying.copy(frame, 0, 0, FRAME_BYTES);
    this.saying = this.saying.subarray(FRAME_BYTES);
    const { says } = this.seen;
    if (says.length > 0 && says[says.length - 1] === null && loud(frame)) says[says.length - 1] = now();
    return frame;
  }

  async walk() {
    await this.until(() => this.began, 20_000);
    for (const [name, value] of this.plan.steps) await this.step(name, value);
  }

  async step(name, value) {
    const { seen } = this;
    if (name === 'wait') await sleep(value);
    else if (name === 'say') {
      seen.says.push(null);
      this.saying = this.speech[value];
      seen.waits.push(await this.until(() => this.saying.length === 0, 6_000));
    } else if (name === 'played') {
      const since = now();
      seen.waits.push(await this.until(() => this.playedMs(since) >= value, 8_000));
    } else if (name === 'tools') seen.waits.push(await this.until(() => seen.tools.length >= value, 15_000));
    else if (name === 'window') {
      const [cpu, at] = [process.cpuUsage(), now()];
      await sleep(value);
      const used = process.cpuUsage(cpu);
      seen.windows.push([(used.user + used.system) / 1e6, (now() - at) / 1e9]);
    }
  }

  playedMs(since) {
    const at = now();
    this.played = this.played.filter(([, end]) => end > since);
    return this.played.reduce((sum, [begin, end]) => sum + Math.max(0, Math.min(end, at) - Math.max(begin, since)), 0) / 1e6;
  }

  async until(met, limitMs) {
    const giveUp = now() + limitMs * 1e6;
    while (!met()) {
      if (now() > giveUp) return false;
      await sleep(LOOK_MS);
    }
    return true;
  }

  end(how) {
    const seen = { ...this.seen, ended: how, ended_ns: now(), resident_mb: process.memoryUsage().rss / 2 ** 20 };
    writeFileSync(this.plan.result, JSON.stringify(seen));
    process.exit(0);
  }
}

const watches = [];

export function toolEntered() {
  const at = now();
  watches.slice(0, 1).forEach((watch) => watch.seen.tools.push(at));
}

export async function run(program) {
  const plan = JSON.parse(process.env.BARELINE_SCENE);
  for (let index = 0; index < plan.sessions; index += 1) watches.push(new Watch(plan));
  const [first, ...others] = watches;
  process.on('uncaughtException', (error) => first.end(`raised ${error.name}: ${error.message}`));
  process.on('unhandledRejection', (error) => first.end(`raised ${error?.name}: ${error?.message}`));
  others.forEach((watch) => watch.walk());
  const programs = watches.map((watch) => program(plan.url, new Microphone(watch), new Speaker(watch)));
  const running = Promise.all(programs).then(() => 'returned', (error) => `raised ${error.name}: ${error.message}`);
  first.end(await Promise.race([running, first.walk().then(() => 'still running')]));
}
