"""Who belongs where: entities, agents, roles.

Owns the perimeter. Words: *entity* (a node of the authority's tree: métropole,
commune, attached structure, department), *agent* (a staff member), *role* (what a
user may do on an entity and all below it), *perimeter* (the entities a user sees).
"""
