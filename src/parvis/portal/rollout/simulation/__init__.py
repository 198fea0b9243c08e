"""The month of the interview and ours, played on the same people. Pure but for `measured`: no database, no clock.

    assumptions  every number that goes in, and where it comes from
    people       who they are: what they stumble on is drawn once, and is the same in both worlds
    engine       a clock of events and a desk of technicians
    worlds       by hand, and with Parvis
    figures      what came of it, over many draws
    measured     the numbers the real enrolments give (database)
    report       the text and the JSON

The clock counts working minutes: 480 a day, 5 days a week. The need is there for everybody at minute 0.
"""
