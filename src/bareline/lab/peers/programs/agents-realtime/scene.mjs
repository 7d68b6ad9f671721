// A call with the OpenAI Agents SDK for JavaScript, in Node.

import { RealtimeAgent, RealtimeSession, tool } from '@openai/agents-realtime';
import { z } from 'zod';

import * as probe from './probe.mjs';

const getTime = tool({
  name: 'get_time',
  description: 'The time of day in a city.',
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => {
    probe.toolEntered();
    return `It is noon in ${city}.`;
  },
});

async function main(url, microphone, speaker) {
  const agent = new RealtimeAgent({ name: 'Assistant', instructions: 'Tell stories.', tools: [getTime] });
  const session = new RealtimeSession(agent, { transport: 'websocket', model: 'gpt-realtime-2.1' });
  session.on('audio', (event) => speaker.play(event.data));
  session.on('audio_interrupted', () => speaker.clear());
  session.on('error', (event) => console.log('error:', JSON.stringify(event.error)));
  const address = `${url.replace('http', 'ws')}/realtime?model=gpt-realtime-2.1`;
  await session.connect({ url: address, apiKey: 'sk-local' });
  for await (const frame of microphone) session.sendAudio(frame);
}

probe.run(main);
