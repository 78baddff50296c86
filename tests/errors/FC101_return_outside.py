from flowc import FlowSpec, step

return  # FC101 at return: 'return' outside function
