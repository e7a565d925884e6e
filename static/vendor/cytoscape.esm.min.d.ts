// Cytoscape ships its types apart from this file; what the graph uses is checked by its tests.
declare const cytoscape: any;
export default cytoscape;
