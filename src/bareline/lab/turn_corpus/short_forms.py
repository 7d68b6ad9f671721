"""Which short forms, and which of the rarer listeners' sounds, does the development part have besides the usual ones?

What interrupts in one to three words, and what anybody might say who only listens: many, so that what is chosen by them
holds for forms that are not among them. None of them is a form of the held-out part.
"""

from __future__ import annotations

from bareline.testing.turns.labels import TurnKind

__all__ = ["RARER_BACKCHANNELS", "SHORT_INTERRUPTIONS"]

RARER_BACKCHANNELS = (
    *("yup", "true", "exactly", "indeed", "absolutely", "nice", "cool", "fine", "perfect", "lovely", "interesting"),
    *("really", "makes sense", "that makes sense", "oh really", "i know", "i understand", "go on", "sounds good"),
    *("fair enough", "no problem", "thanks", "thank you", "definitely", "that's right", "that's true", "very good"),
    *("very nice", "amazing", "gotcha", "understood", "wow", "oh wow", "oh yeah", "oh i see", "oh nice", "yeah yeah"),
    *("yeah right", "okay okay", "okay good", "right right", "yeah okay", "okay yeah", "ah okay", "ah yes"),
    *("ah right", "ah i see", "sure sure", "yes yes", "good good", "oh good", "oh great", "that's nice"),
    *("that's great", "that's fine", "that's good", "good to know", "good point", "totally", "brilliant"),
    *("excellent", "wonderful", "awesome", "sweet", "correct", "agreed", "certainly", "naturally", "obviously"),
    *("very well", "all right", "good idea", "great idea", "no way", "i agree", "me too", "you bet", "sounds great"),
    *("looks good", "fantastic", "super", "oh sure", "yes of course", "yeah sure", "okay great", "okay thanks"),
    *("yes right", "yeah exactly", "oh right", "cool okay", "great thanks", "yeah i know", "yes i see", "okay i see"),
    *("oh cool", "alright then", "okay then", "right okay", "nice one", "fair point", "of course yes"),
    *("makes sense yeah", "keep going", "go ahead", "carry on", "for sure", "no doubt", "no kidding", "i bet"),
    *("you're right", "oh my", "well well"),
)
SHORT_INTERRUPTIONS: dict[TurnKind, tuple[str, ...]] = {
    "stop": (
        *("stop", "stop it", "wait", "hold on", "be quiet please", "stop talking", "stop now", "stop please"),
        *("please stop", "stop that", "wait wait", "wait please", "please wait", "wait a second", "wait a minute"),
        *("wait a moment", "hang on a second", "hold on please", "just a moment", "one moment", "one second"),
        *("just a second", "one sec", "pause", "pause please", "pause that", "enough", "enough already", "okay stop"),
        *("okay enough", "quiet please", "be quiet", "hush", "silence", "never mind", "cancel", "cancel that"),
        *("cancel please", "that's all", "that will do", "quit", "quit it", "let me think", "hold up", "no stop"),
        *("no wait", "stop stop", "hey stop", "well wait", "stop right there", "stop there", "stop reading"),
        *("stop playing", "mute", "mute it", "shush", "not now", "no more", "no thanks", "cut it out", "halt"),
        *("give me a second", "give me a minute", "knock it off", "time out", "break", "leave it", "drop it"),
        *("forget it", "that's plenty", "i've heard enough", "stop for a moment", "wait stop"),
    ),
    "correction": (
        *("no", "nope", "no no", "wrong", "that's wrong", "not that", "no not that", "not that one", "the other one"),
        *("i said no", "i meant monday", "no the red one", "not fifty", "make it five", "no at nine", "not today"),
        *("no tomorrow", "i mean two", "that's not it", "not quite", "not really", "incorrect"),
        *("no way that's wrong", "other way round", "no on friday", "no fifteen", "i said bread", "not me"),
        *("no the second", "not at all", "don't", "don't do that", "i don't want that", "actually no", "sorry no"),
        *("sorry wednesday", "make that six"),
    ),
    "redirection": (
        *("next", "next one", "next please", "skip", "skip it", "skip this", "skip that", "move on", "go back"),
        *("back", "forget that", "change topic", "something else", "another one", "start over", "start again"),
        *("again", "once more", "say that again", "repeat", "repeat that", "repeat please", "what about bread"),
        *("previous one", "back to hotels", "let's move on", "new topic", "other question", "different question"),
    ),
    "question": (
        *("what", "why", "who", "when", "where", "how", "which one", "what time", "how much", "how many", "how long"),
        *("how far", "how old", "how come", "since when", "who said that", "who else", "what else", "why not"),
        *("why me", "like what", "such as", "where exactly", "where to", "until when", "what for", "what now"),
        *("what's that", "who's that", "is it far", "is it open", "is it cheap", "is that all", "are you sure"),
        *("are you there", "can i go", "can you hear", "do you know", "does it rain", "did he call"),
        *("has it started", "will it snow", "should i pay", "may i ask", "and you", "and then", "and tomorrow"),
        *("what day", "which day", "which floor", "how so", "how big", "any others", "anything else", "anyone else"),
        *("for whom", "with whom", "at what time", "in which town", "what was that", "what did you say", "pardon"),
        *("excuse me", "sorry what", "is there more", "who cares", "where am i", "why though", "when is that"),
        *("what color", "what's next", "whose is it"),
    ),
    "turn": (
        *("louder", "louder please", "slower", "slower please", "faster", "speak up", "volume up", "volume down"),
        *("turn it off", "turn it down", "turn it up", "lights off", "lights on", "play music", "call mom"),
        *("call my wife", "call a taxi", "open the door", "close it", "open it", "show me", "tell me more"),
        *("read it", "read it again", "send it", "send that", "save it", "delete it", "delete that", "add milk"),
        *("add two", "buy eggs", "set a timer", "help", "help me", "listen", "look", "look here", "hello", "hey"),
        *("hey you", "good morning", "goodbye", "bye", "i'm back", "i'm busy", "i'm hungry", "i'm tired", "i'm late"),
        *("i'm done", "i have to go", "i got to go", "i can't", "i won't", "i disagree", "i want tea", "i need help"),
        *("i like it", "i don't care", "i forgot", "i'm not sure", "it's broken", "it's late", "it's too loud"),
        *("it's too much", "it hurts", "too late", "too expensive", "too fast", "too long", "not today", "next week"),
        *("tomorrow", "tomorrow at noon", "tonight", "monday", "on monday", "at seven", "seven", "twenty"),
        *("twenty two", "four thirty", "the first one", "the second one", "the last one", "the cheap one"),
        *("this one", "that one", "both", "none", "neither", "all of them", "two tickets", "three people"),
        *("with cheese", "without sugar", "in the kitchen", "at home", "my brother", "my phone", "pizza"),
        *("coffee please", "one coffee", "milk", "bread and milk", "paris", "london please", "take the bus"),
        *("take the train", "book it", "book that one", "the doorbell", "somebody's here", "there's a fire"),
        *("the phone rings", "dinner is ready", "come here", "go away", "get out", "put it back", "give me that"),
        *("let me see", "let me talk", "let me finish", "my turn", "i was saying", "one question", "one thing"),
        *("quick question", "question", "wait for me", "guess what", "by car", "two hours ago", "last night"),
        *("we can't", "we did", "we need more", "she did", "he's wrong", "they left", "nobody came", "maybe later"),
        *("maybe", "perhaps", "later", "in a minute", "email it", "text her", "weather", "the weather"),
        *("news please", "music", "timer off", "alarm off", "snooze", "undo", "record this", "switch it off"),
        *("bring it here", "see you", "computer", "assistant", "check my mail", "translate this", "spell it"),
        *("write it down", "remind me later", "change it", "try again", "do it", "do it now", "don't forget"),
        *("watch out", "careful", "over here", "never again", "easy", "hurry", "hurry up"),
    ),
}
