"""What has a call cost so far, in tokens?"""

from __future__ import annotations

from dataclasses import dataclass

from bareline.protocol import events as ev

__all__ = ["CallUsage"]


@dataclass(slots=True)
class CallUsage:
    """Sums over all responses of a call, over all its connections; cached tokens are part of the input ones.

    Transcription is billed apart: in tokens or in seconds, by model.
    """

    responses: int = 0
    total_tokens: int = 0
    input_text_tokens: int = 0
    input_audio_tokens: int = 0
    input_image_tokens: int = 0
    cached_tokens: int = 0
    output_text_tokens: int = 0
    output_audio_tokens: int = 0
    transcription_tokens: int = 0
    transcription_seconds: float = 0.0

    def add_response(self, response: ev.Response) -> None:
        """Count a response that is done; a cancelled one is billed too."""
        self.responses += 1
        usage = response.usage
        if usage is None:
            return
        self.total_tokens += usage.total_tokens
        if usage.input_token_details is not None:
            self.input_text_tokens += usage.input_token_details.text_tokens
            self.input_audio_tokens += usage.input_token_details.audio_tokens
            self.input_image_tokens += usage.input_token_details.image_tokens
            self.cached_tokens += usage.input_token_details.cached_tokens
        if usage.output_token_details is not None:
            self.output_text_tokens += usage.output_token_details.text_tokens
            self.output_audio_tokens += usage.output_token_details.audio_tokens

    def add_transcription(self, usage: ev.TranscriptUsage | ev.UnsetType | None) -> None:
        """Count one transcription."""
        if isinstance(usage, ev.TranscriptUsage):
            self.transcription_tokens += usage.total_tokens or 0
            self.transcription_seconds += usage.seconds or 0.0
