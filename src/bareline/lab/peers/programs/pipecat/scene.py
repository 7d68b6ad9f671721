"""A call with Pipecat: a pipeline between a transport of our own, made after its local one, and the service."""

import asyncio

import probe
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import InputAudioRawFrame, LLMRunFrame, OutputAudioRawFrame, StartFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.services.llm_service import FunctionCallParams
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams
from pipecat.workers.runner import WorkerRunner


async def get_time(params: FunctionCallParams, city: str) -> None:
    """The time of day in a city.

    Args:
        city: Which one.
    """
    probe.tool_entered()
    await params.result_callback(f"It is noon in {city}.")


class Ears(BaseInputTransport):
    def __init__(self, microphone: probe.Microphone, params: TransportParams) -> None:
        super().__init__(params)
        self._microphone = microphone
        self._listening = None

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)
        self._listening = self.create_task(self._listen())

    async def _listen(self) -> None:
        async for pcm in self._microphone:
            await self.push_audio_frame(InputAudioRawFrame(audio=pcm, sample_rate=24_000, num_channels=1))


class Loudspeaker(BaseOutputTransport):
    def __init__(self, speaker: probe.Speaker, params: TransportParams) -> None:
        super().__init__(params)
        self._speaker = speaker

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        self._speaker.play(frame.audio)
        await asyncio.sleep(self._speaker.waiting / 48_000)  # a device blocks until it has played
        return True


async def main(url: str, microphone: probe.Microphone, speaker: probe.Speaker) -> None:
    params = TransportParams(
        audio_in_enabled=True,
        audio_in_sample_rate=24_000,
        audio_out_enabled=True,
        audio_out_sample_rate=24_000,
        audio_out_auto_silence=False,
    )
    llm = OpenAIRealtimeLLMService(
        api_key="sk-local",
        base_url=url.replace("http", "ws") + "/realtime",
        settings=OpenAIRealtimeLLMService.Settings(system_instruction="Tell stories."),
    )
    context = LLMContext(tools=ToolsSchema(standard_tools=[get_time]))
    user, assistant = LLMContextAggregatorPair(context)
    pipeline = Pipeline([Ears(microphone, params), user, llm, Loudspeaker(speaker, params), assistant])
    worker = PipelineWorker(pipeline, params=PipelineParams(audio_in_sample_rate=24_000, audio_out_sample_rate=24_000))

    @worker.event_handler("on_pipeline_error")
    async def on_pipeline_error(worker, frame):
        print("error:", frame.error)

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await worker.queue_frames([LLMRunFrame()])
    await runner.run()


if __name__ == "__main__":
    probe.run(main)
