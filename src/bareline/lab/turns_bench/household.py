"""What does the known domain of the bench foresee: the grammar of an application for shopping, reminders and lights?

Written as an application would write it, by verbs and slots. It shares nothing with the corpus: what people say there
and this does not foresee is part of what is measured.
"""

from __future__ import annotations

__all__ = ["HOUSEHOLD_GRAMMAR"]

HOUSEHOLD_GRAMMAR = """\
#JSGF V1.0;
grammar household;
public <said> = [<um>] [<lead>] ( <shop> | <drop> | <show> | <remind> | <timer> | <light> ) [<tail>] | <short> ;
<um> = um | uh ;
<lead> = please | could you [please] | can you [please] | i want to | i'd like to ;
<tail> = please | thanks | thank you ;
<short> = yes | yes please | no | no thanks | stop | cancel | never mind | okay | that's all ;
<shop> = ( add | put | i need | buy | get ) <items> [ ( to | on ) <list> ] [ [for] <day> ] ;
<drop> = ( delete | remove | drop ) <items> [ from <list> ] ;
<show> = ( show | show me | read | read me | what's on | what is on | tell me ) <list> ;
<list> = ( the | my ) [ shopping ] list ;
<items> = [ some ] <item> [ and [ some ] <item> ] ;
<item> = milk | bread | butter | eggs | rice | pasta | apples | pears | bananas | coffee | tea | sugar | salt | cheese
  | yogurt | cream | honey | jam | tomatoes | potatoes | onions | carrots | lettuce | olive oil | vinegar | orange juice
  | water | beer | wine | paper towels | toilet paper | dish soap | chicken | beef | salmon | tuna | beans | garlic
  | lemons | oranges | grapes | flour | cereal | nuts ;
<remind> = ( remind me to | create a reminder to | i have to ) <chore> [ <day> ] [ <time> ] ;
<chore> = water the plants | call ( the dentist | mom ) | pay the rent | feed the cat | take out the trash
  | book a table | wash the car | clean the kitchen | return the books | buy stamps | charge the camera
  | walk the dog | do the laundry | go to the bank | pick up the kids | mow the lawn ;
<timer> = ( set | start ) a timer [ for <minutes> minutes ] ;
<minutes> = <ones> | ten | eleven | twelve | fifteen | <tens> [ <ones> ] ;
<ones> = one | two | three | four | five | six | seven | eight | nine ;
<tens> = twenty | thirty | forty | fifty | sixty ;
<light> = ( turn | switch ) ( on | off ) <lamp> | ( turn | switch ) <lamp> ( on | off ) ;
<lamp> = the ( light | lights ) [ in the <room> ] | the <room> ( light | lights ) ;
<room> = kitchen | bedroom | bathroom | hall | living room | garage | office ;
<day> = today | tomorrow | tonight | [ on ] <weekday> | next week ;
<weekday> = monday | tuesday | wednesday | thursday | friday | saturday | sunday ;
<time> = at ( noon | midnight | <hour> [ thirty | fifteen ] [ <half> ] ) | in the ( morning | afternoon | evening ) ;
<hour> = one | two | three | four | five | six | seven | eight | nine | ten | eleven | twelve ;
<half> = a m | p m | in the ( morning | afternoon | evening ) ;
"""
"""JSGF."""
