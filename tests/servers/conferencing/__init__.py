"""Contract fakes of meeting tools. They are NOT the tools.

Microsoft, Zoom and the State's Visio cannot run here, and BigBlueButton, Jitsi and LiveKit want machines of their own.
Each fake is one small HTTP server that answers what the vendor's public documentation says, errors included, and
refuses what it does not say. What they prove: the requests are the documented ones, and every documented or broken
answer is understood. What they cannot prove: that the vendor does what it documents.
"""
