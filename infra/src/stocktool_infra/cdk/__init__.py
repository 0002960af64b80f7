"""The CDK app: what StockTool needs of AWS. Imported by the synthesis only, in an environment of its own."""
