"""Hundreds of people enrolled at once: real pages over HTTP, real second factors, real sessions through the gateway.

pages       one browser without a screen: pages, forms, cookies
authority   what exists before: agents with accounts and office PCs, their head, the charter; then the campaign
household   one agent at home, from the first sign-in to the end of the path
run         all of them, some at a time, and the report
"""
