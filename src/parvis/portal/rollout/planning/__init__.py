"""The planner: who is equipped in which week. Pure: problems in, plans out; no Django, no clock.

    problem    what is asked: people, what each week offers, what is not allowed
    classes    people who are interchangeable, counted together: what makes 2,200 people a small problem
    model      the integer programme, and where each of its columns and rows comes from
    solve      HiGHS: a bound, a plan near it, the whole programme where that is not enough; with progress
    room       what a plan leaves, and whoever it still takes in
    explain    what binds, in which week, what one more unit buys, what lacks when not everybody fits
    verify     reads a plan against the problem without the model: what every plan must pass

Objective: people served early count more, people with priority count more, a team equipped over several weeks costs
something, and so does each move away from an earlier plan.
"""
