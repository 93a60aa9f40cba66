"""Chat models: who reads what was said and answers in the shape that is asked for.

`make_chat` turns a name (`groq:llama-3.3-70b-versatile`) into a model; `OpenAIChat` speaks to any
OpenAI-compatible endpoint; `ScriptedChat` answers from a script. Loads no driver.
"""

from __future__ import annotations

from graphmem.llm.openai import OpenAIChat
from graphmem.llm.providers import Provider, find_provider, known_providers
from graphmem.llm.registry import make_chat
from graphmem.llm.scripted import Asked, ScriptedChat

__all__ = ["Asked", "OpenAIChat", "Provider", "ScriptedChat", "find_provider", "known_providers", "make_chat"]
